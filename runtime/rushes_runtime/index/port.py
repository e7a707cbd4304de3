"""The index port: collections of points with named vectors, behind which Qdrant's two forms look the same.

The adapters hold no domain knowledge; what a scene or a video looks like in the index is `rushes_schemas.index`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rushes_runtime.errors import ConfigurationError, InvalidError, TransientError

Vector = NDArray[np.float32]
Scalar = str | int | bool


class IndexUnavailable(TransientError):
    """The index did not answer, or not as it should."""

    reason = "index_unavailable"


class UnknownCollection(IndexUnavailable):
    """No collection and no alias has this name; perhaps not yet."""

    reason = "unknown_collection"


class IndexRefused(InvalidError):
    """The index will never take this as it is: a vector of another size than its collection's, an id that is none."""

    def __init__(self, sentence: str) -> None:
        super().__init__("index_refused", sentence)


class IndexInUse(ConfigurationError):
    """Another process has the index's folder open."""


@dataclass(frozen=True)
class Sparse:
    """Term ids, each once, and their weights, of equal length."""

    indices: Sequence[int]
    values: Sequence[float]


AnyVector = Vector | Sparse
"""1-d: a dense vector. 2-d: a multivector, one row each. Sparse: a sparse one."""


@dataclass(frozen=True)
class DenseSpec:
    """A named vector of `size` floats compared by cosine; `multi`: any number of them, compared by MaxSim."""

    size: int
    multi: bool = False


@dataclass(frozen=True)
class CollectionSpec:
    """What a collection is made of. `sparse` are named vectors whose idf the index keeps."""

    dense: Mapping[str, DenseSpec] = field(default_factory=dict)
    sparse: Sequence[str] = ()
    keyword_fields: Sequence[str] = ()
    integer_fields: Sequence[str] = ()
    bool_fields: Sequence[str] = ()
    phrase_fields: Sequence[str] = ()
    """Texts of words separated by spaces, in which `Phrase` looks."""


@dataclass(frozen=True)
class Point:
    """One point: `id` is a UUID string."""

    id: str
    payload: Mapping[str, Any]
    vectors: Mapping[str, AnyVector] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """A point that a query found, best first in its list."""

    id: str
    score: float
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Match:
    """The payload field is, or for a list in the payload contains, one of these values."""

    field: str
    any_of: Sequence[Scalar]


@dataclass(frozen=True)
class Range:
    """The payload field is a number, `gte <= field < lt`; None leaves a side open."""

    field: str
    gte: float | None = None
    lt: float | None = None


@dataclass(frozen=True)
class Phrase:
    """The payload field is a text that has these words, separated by spaces, side by side in this order.

    Words are letters and digits only, and are compared as they are written.
    """

    field: str
    words: str


Condition = Match | Range | Phrase


@dataclass(frozen=True)
class Filter:
    """All of `must` and none of `must_not`. The empty filter lets everything pass."""

    must: Sequence[Condition] = ()
    must_not: Sequence[Condition] = ()


EVERYTHING = Filter()


@dataclass(frozen=True)
class Query:
    """One leg of a search: the nearest points by one named vector."""

    using: str
    vector: AnyVector
    limit: int
    filter: Filter = EVERYTHING
    score_threshold: float | None = None
    fields: Sequence[str] | None = None
    """Which fields of the payload a hit brings along; None: all."""


@dataclass(frozen=True)
class Page:
    """Some points and where the next page starts (None: there is none)."""

    points: Sequence[Point]
    next: str | None


class Index(Protocol):
    """A vector index. Every method may be called from several tasks at once and never blocks the event loop.

    Methods raise IndexUnavailable when the index does not answer, UnknownCollection (which is one) for a name that
    means nothing, IndexRefused for what the index will never take, and ConfigurationError where a collection is made
    of something else than the spec says. A name is a collection's or an alias's.
    """

    async def ensure(self, name: str, spec: CollectionSpec) -> None:
        """Make the collection unless it is there; one of other vectors than the spec's is a ConfigurationError.

        Fields that the spec has and the collection has not are indexed now; it may have more of them than the spec.
        """

    async def collections(self) -> Sequence[str]:
        """The names of all collections, sorted."""

    async def drop(self, name: str) -> None:
        """Remove a collection and the aliases that mean it; one that is not there is no error."""

    async def point_alias(self, alias: str, collection: str) -> None:
        """Have the alias mean this collection from now on, at once for all readers.

        An alias that is a collection's name is refused, and `collection` must be a collection, not an alias.
        """

    async def resolve(self, alias: str) -> str | None:
        """The collection that an alias means, or None where there is no such alias."""

    async def upsert(self, name: str, points: Sequence[Point]) -> None:
        """Store points, replacing those of the same ids; they are found when this returns.

        Many points are stored in several steps: when this raises, some may have been stored.
        """

    async def set_payload(self, name: str, filter: Filter, payload: Mapping[str, Any]) -> None:
        """Merge these fields into the payload of every point that passes the filter."""

    async def delete(self, name: str, filter: Filter) -> None:
        """Remove every point that passes the filter."""

    async def count(self, name: str, filter: Filter = EVERYTHING) -> int:
        """How many points pass the filter, exactly."""

    async def get(
        self,
        name: str,
        ids: Sequence[str],
        with_vectors: bool | Sequence[str] = False,
        fields: Sequence[str] | None = None,
    ) -> Sequence[Point]:
        """The points with these ids that are there, in the order of `ids`, with all vectors, none, or those named, and
        with these fields of the payload (None: all).

        Vectors compared by cosine may come back normalised to length one.
        """

    async def scroll(self, name: str, filter: Filter = EVERYTHING, limit: int = 100, after: str | None = None) -> Page:
        """Points that pass the filter, in the order of their ids, from `after` (a page's `next`) on."""

    async def query(self, name: str, queries: Sequence[Query]) -> Sequence[Sequence[Hit]]:
        """Run the queries as one batch; one list of hits for each, in the order of the queries."""

    async def ready(self) -> None:
        """Return if the index answers; raise IndexUnavailable or ConfigurationError if not."""

    async def close(self) -> None:
        """Let go of files and connections. The index can't be used afterwards."""
