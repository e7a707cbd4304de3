"""The port's words in the Qdrant client's models, and back."""

from typing import Any

import numpy as np
from qdrant_client import models

from rushes_runtime.index.port import (
    AnyVector,
    CollectionSpec,
    Condition,
    DenseSpec,
    Filter,
    Hit,
    Match,
    Phrase,
    Point,
    Query,
    Range,
    Sparse,
)
from rushes_runtime.index.specs import FieldKind, by_kind, with_fields
from rushes_runtime.index.storage import DEFAULT, OVERSAMPLING, Storage

KINDS: dict[FieldKind, models.PayloadSchemaType | models.TextIndexParams] = {
    "keyword": models.PayloadSchemaType.KEYWORD,
    "integer": models.PayloadSchemaType.INTEGER,
    "bool": models.PayloadSchemaType.BOOL,
    "phrase": models.TextIndexParams(
        type=models.TextIndexType.TEXT,
        tokenizer=models.TokenizerType.WHITESPACE,
        lowercase=False,
        phrase_matching=True,
    ),
}
TYPES: dict[models.PayloadSchemaType, FieldKind] = {
    models.PayloadSchemaType.KEYWORD: "keyword",
    models.PayloadSchemaType.INTEGER: "integer",
    models.PayloadSchemaType.BOOL: "bool",
    models.PayloadSchemaType.TEXT: "phrase",
}


QUANTIZATION: dict[str, models.QuantizationConfig | None] = {
    "none": None,
    "scalar": models.ScalarQuantization(
        scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
    ),
    "binary": models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True)),
}
PARAMS = models.SearchParams(quantization=models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING))


def to_vectors(spec: CollectionSpec, storage: Storage = DEFAULT) -> dict[str, models.VectorParams]:
    """The dense vectors of a new collection; it may have none."""
    return {name: _params(each, storage) for name, each in spec.dense.items()}


def _params(spec: DenseSpec, storage: Storage) -> models.VectorParams:
    multi = models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM) if spec.multi else None
    return models.VectorParams(
        size=spec.size, distance=models.Distance.COSINE, on_disk=storage.on_disk or None, multivector_config=multi
    )


def to_sparse_vectors(spec: CollectionSpec) -> dict[str, models.SparseVectorParams]:
    """The sparse vectors of a new collection; it may have none."""
    return {name: models.SparseVectorParams(modifier=models.Modifier.IDF) for name in spec.sparse}


def from_info(info: models.CollectionInfo) -> CollectionSpec:
    """What a collection is made of. Vectors that are not compared as the port says get names that no spec has."""
    params = info.config.params
    named = params.vectors or {}
    dense = named if isinstance(named, dict) else {"(unnamed)": named}
    spec = CollectionSpec(
        dense={_name(name, each): DenseSpec(each.size, bool(each.multivector_config)) for name, each in dense.items()},
        sparse=[
            name if each.modifier == models.Modifier.IDF else f"{name} without idf"
            for name, each in (params.sparse_vectors or {}).items()
        ],
    )
    schema = (info.payload_schema or {}).items()
    return with_fields(spec, {name: TYPES[its.data_type] for name, its in schema if its.data_type in TYPES})


def _name(name: str, params: models.VectorParams) -> str:
    return name if params.distance == models.Distance.COSINE else f"{name} by {params.distance.value}"


def to_point(point: Point) -> models.PointStruct:
    """A point to store."""
    vectors = {name: _to_vector(vector) for name, vector in point.vectors.items()}
    return models.PointStruct(id=point.id, vector=vectors, payload=dict(point.payload))


def to_request(query: Query) -> models.QueryRequest:
    """One leg of a batch."""
    return models.QueryRequest(
        query=models.NearestQuery(nearest=_to_vector(query.vector)),
        using=query.using,
        filter=to_filter(query.filter),
        score_threshold=query.score_threshold,
        limit=query.limit,
        with_payload=True if query.fields is None else list(query.fields),
        params=PARAMS,
    )


def to_filter(filter: Filter) -> models.Filter:
    """The empty filter lets everything pass here as well."""
    return models.Filter(
        must=[_to_condition(each) for each in filter.must],
        must_not=[_to_condition(each) for each in filter.must_not],
    )


def from_record(record: models.Record) -> Point:
    """A stored point, with its vectors if they were asked for."""
    named = record.vector if isinstance(record.vector, dict) else {}
    return Point(str(record.id), record.payload or {}, {name: _from_vector(each) for name, each in named.items()})


def from_scored(point: models.ScoredPoint) -> Hit:
    """A found point."""
    return Hit(str(point.id), point.score, point.payload or {})


def _to_vector(vector: AnyVector) -> Any:
    if isinstance(vector, Sparse):
        return models.SparseVector(indices=list(vector.indices), values=list(vector.values))
    return vector.tolist()


def _from_vector(vector: Any) -> AnyVector:
    if isinstance(vector, models.SparseVector):
        return Sparse(vector.indices, vector.values)
    return np.asarray(vector, np.float32)


def _to_condition(condition: Condition) -> models.Condition:
    if isinstance(condition, Phrase):
        return models.FieldCondition(key=condition.field, match=models.MatchPhrase(phrase=condition.words))
    if isinstance(condition, Range):
        return models.FieldCondition(key=condition.field, range=models.Range(gte=condition.gte, lt=condition.lt))
    # An empty list of alternatives would let everything pass; no point has none of all ids.
    return models.Filter(should=_matches(condition)) if condition.any_of else models.HasIdCondition(has_id=[])


def _matches(match: Match) -> list[models.Condition]:
    words, numbers, truths = by_kind(match.any_of)
    matches: list[models.MatchAny | models.MatchValue] = [
        models.MatchAny(any=some) for some in (words, numbers) if some
    ]
    matches += [models.MatchValue(value=each) for each in truths]
    return [models.FieldCondition(key=match.field, match=each) for each in matches]
