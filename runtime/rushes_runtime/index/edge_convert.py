"""The port's words in Qdrant Edge's, and back."""

from typing import Any, cast

import numpy as np
import qdrant_edge as edge

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
    Scalar,
    Sparse,
)
from rushes_runtime.index.specs import FieldKind, by_kind

UNUSED = "unused"
"""The engine wants at least one vector in a shard. A sparse one that no point has costs nothing."""

KINDS: dict[FieldKind, edge.PayloadSchemaType | edge.TextIndexParams] = {
    "keyword": edge.PayloadSchemaType.Keyword,
    "integer": edge.PayloadSchemaType.Integer,
    "bool": edge.PayloadSchemaType.Bool,
    "phrase": edge.TextIndexParams(edge.TokenizerType.Whitespace, lowercase=False, phrase_matching=True),
}


def to_config(spec: CollectionSpec) -> edge.EdgeConfig:
    """How to make a shard for the spec."""
    sparse = {name: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf) for name in spec.sparse}
    if not spec.dense and not sparse:
        sparse = {UNUSED: edge.EdgeSparseVectorParams()}
    return edge.EdgeConfig(
        vectors={name: _params(each) for name, each in spec.dense.items()} or None,
        sparse_vectors=sparse or None,
        quantization_config=edge.BinaryQuantizationConfig(always_ram=True) if spec.dense else None,
    )


def _params(spec: DenseSpec) -> edge.EdgeVectorParams:
    multi = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim) if spec.multi else None
    return edge.EdgeVectorParams(spec.size, edge.Distance.Cosine, multivector_config=multi)


def to_point(point: Point) -> edge.Point:
    """Raises ValueError for an id that is no UUID."""
    vectors = {name: _to_vector(vector) for name, vector in point.vectors.items()}
    return edge.Point(point.id, vectors, dict(point.payload))


EXACTLY = edge.SearchParams(quantization=edge.QuantizationSearchParams(ignore=True))
BY_BITS = edge.SearchParams(quantization=edge.QuantizationSearchParams(rescore=True, oversampling=16.0))
"""Sixteen times as many points as are asked for are found by the signs of their vectors, and then compared exactly."""


def to_request(query: Query, exactly: bool) -> edge.QueryRequest:
    """One leg of a batch; `exactly`: every point is compared as it is."""
    return edge.QueryRequest(
        limit=query.limit,
        query=edge.Query.Nearest(_to_vector(query.vector), query.using),
        filter=to_filter(query.filter),
        score_threshold=query.score_threshold,
        params=EXACTLY if exactly else BY_BITS,
        with_payload=True if query.fields is None else list(query.fields),
    )


def to_filter(filter: Filter) -> edge.Filter:
    """The empty filter lets everything pass here as well."""
    return edge.Filter(
        must=[_to_condition(each) for each in filter.must],
        must_not=[_to_condition(each) for each in filter.must_not],
    )


def from_record(record: edge.Record) -> Point:
    """A stored point, with its vectors if they were asked for."""
    named = record.vector if isinstance(record.vector, dict) else {}
    return Point(str(record.id), record.payload or {}, {name: _from_vector(each) for name, each in named.items()})


def from_scored(point: edge.ScoredPoint) -> Hit:
    """A found point."""
    return Hit(str(point.id), point.score, point.payload or {})


def _to_vector(vector: AnyVector) -> Any:
    if isinstance(vector, Sparse):
        return edge.SparseVector(list(vector.indices), list(vector.values))
    return vector.tolist()


def _from_vector(vector: Any) -> AnyVector:
    if isinstance(vector, edge.SparseVector):
        return Sparse(vector.indices, vector.values)
    return np.asarray(vector, np.float32)


def _to_condition(condition: Condition) -> edge.FieldCondition | edge.Filter:
    if isinstance(condition, Phrase):
        return edge.FieldCondition(condition.field, match=edge.MatchPhrase(condition.words))
    if isinstance(condition, Range):
        between = edge.RangeFloat(gte=condition.gte, lt=condition.lt)
        return edge.FieldCondition(condition.field, range=between)
    return edge.Filter(should=_matches(condition)) if condition.any_of else _nothing()


def _matches(match: Match) -> "list[edge.ConditionType]":
    words, numbers, truths = by_kind(match.any_of)
    matches: list[edge.MatchType] = [edge.MatchAny(some) for some in (words, numbers) if some]
    matches += [edge.MatchValue(_truth(each)) for each in truths]
    return [edge.FieldCondition(match.field, match=each) for each in matches]


def _truth(value: bool) -> Scalar:
    # The binding takes Python's bool for an integer, which matches no bool in a payload; numpy's it takes for a bool.
    return cast(bool, np.bool_(value))


def _nothing() -> edge.Filter:
    return edge.Filter(must=[edge.HasIdCondition(set())])
