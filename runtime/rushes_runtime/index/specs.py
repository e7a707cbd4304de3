"""What both adapters need to know of collections: which fields are indexed, and whether one can be used as asked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.port import CollectionSpec, Point, Scalar, Sparse

FieldKind = Literal["keyword", "integer", "bool", "phrase"]


def fields_of(spec: CollectionSpec) -> dict[str, FieldKind]:
    """The payload fields that are indexed, and as what."""
    kinds: dict[str, FieldKind] = dict.fromkeys(spec.keyword_fields, "keyword")
    kinds |= dict.fromkeys(spec.integer_fields, "integer")
    kinds |= dict.fromkeys(spec.bool_fields, "bool")
    kinds |= dict.fromkeys(spec.phrase_fields, "phrase")
    return kinds


def with_fields(spec: CollectionSpec, kinds: dict[str, FieldKind]) -> CollectionSpec:
    """The spec with exactly these fields indexed."""

    def of(kind: FieldKind) -> tuple[str, ...]:
        return tuple(sorted(name for name, its in kinds.items() if its == kind))

    return replace(
        spec,
        keyword_fields=of("keyword"),
        integer_fields=of("integer"),
        bool_fields=of("bool"),
        phrase_fields=of("phrase"),
    )


def missing_fields(name: str, found: CollectionSpec, wanted: CollectionSpec) -> dict[str, FieldKind]:
    """The fields to index before the collection is as it is wanted. Fields indexed beyond that do no harm.

    Raises ConfigurationError where it can't become so: its vectors are others, or a field is indexed as another kind.
    """
    if dict(found.dense) != dict(wanted.dense) or set(found.sparse) != set(wanted.sparse):
        raise ConfigurationError(
            f"the collection {name} has the vectors {_vectors(found)}, but the settings need {_vectors(wanted)}: "
            "set the models back, or rebuild the index with `rushes reindex`"
        )
    have, want = fields_of(found), fields_of(wanted)
    for field, kind in want.items():
        if have.get(field, kind) != kind:
            raise ConfigurationError(
                f"the collection {name} indexes {field} as {have[field]}, but this version needs {kind}: "
                "rebuild the index with `rushes reindex`"
            )
    return {field: kind for field, kind in want.items() if field not in have}


def by_kind(values: Sequence[Scalar]) -> tuple[list[str], list[int], list[bool]]:
    """The values apart by type, since the engine matches a list of one type only. True is no 1 here."""
    words = [value for value in values if isinstance(value, str)]
    truths = [value for value in values if isinstance(value, bool)]
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    return words, numbers, truths


def batches(points: Sequence[Point], most: int, most_bytes: int) -> Iterator[list[Point]]:
    """The points in order, in lists of at most so many, and of so many bytes of vectors unless one point has more."""
    batch: list[Point] = []
    size = 0
    for point in points:
        weight = _bytes(point)
        if batch and (len(batch) == most or size + weight > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(point)
        size += weight
    if batch:
        yield batch


def _bytes(point: Point) -> int:
    return sum(8 * len(v.indices) if isinstance(v, Sparse) else v.nbytes for v in point.vectors.values())


def _vectors(spec: CollectionSpec) -> str:
    dense = [f"{name} ({each.size}{' x n' if each.multi else ''})" for name, each in sorted(spec.dense.items())]
    return ", ".join([*dense, *(f"{name} (sparse)" for name in sorted(spec.sparse))]) or "(none)"
