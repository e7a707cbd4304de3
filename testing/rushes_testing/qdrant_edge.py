"""Qdrant Edge with the methods of `AsyncQdrantClient`, as far as `qdrant_wire` calls them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from qdrant_client import models
from qdrant_client.http.models import QueryResponse

from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.edge_files import read_aliases, read_spec
from rushes_runtime.index.port import (
    EVERYTHING,
    AnyVector,
    CollectionSpec,
    Condition,
    DenseSpec,
    Filter,
    Match,
    Phrase,
    Point,
    Query,
    Range,
    Sparse,
    UnknownCollection,
)
from rushes_runtime.index.server_convert import TYPES, to_sparse_vectors, to_vectors
from rushes_runtime.index.specs import fields_of, with_fields

DONE = models.UpdateResult(operation_id=0, status=models.UpdateStatus.COMPLETED)
SCHEMA_TYPES = {kind: its for its, kind in TYPES.items()}


@dataclass(frozen=True)
class _Listed:
    collections: Sequence[models.CollectionDescription]


class EdgeEngine:
    """One folder. Raises the port's errors, and ValueError or AssertionError for what the port has no words for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = EdgeIndex(folder)

    async def open(self) -> None:
        """Take the folder for this process. Raises IndexInUse where another one has it."""
        await self._index.ready()

    async def close(self) -> None:
        """Let go of the folder."""
        await self._index.close()

    async def collection_exists(self, name: str) -> bool:
        return (await self._collection(name)) in await self._index.collections()

    async def create_collection(self, name: str, vectors_config: Any, sparse_vectors_config: Any) -> bool:
        if await self.collection_exists(name):
            raise ValueError(f"Collection {name} already exists")
        await self._index.ensure(name, _spec(vectors_config or {}, sparse_vectors_config or {}))
        return True

    async def get_collection(self, name: str) -> models.CollectionInfo:
        return _info(await self._spec(name))

    async def get_collections(self) -> _Listed:
        names = await self._index.collections()
        return _Listed([models.CollectionDescription(name=name) for name in names])

    async def delete_collection(self, name: str) -> bool:
        there = await self.collection_exists(name)
        await self._index.drop(name)
        return there

    async def update_collection_aliases(self, actions: Sequence[Any]) -> bool:
        for action in actions:
            assert isinstance(action, models.CreateAliasOperation), f"no such action here: {action}"
            await self._index.point_alias(action.create_alias.alias_name, action.create_alias.collection_name)
        return True

    async def get_aliases(self) -> models.CollectionsAliasesResponse:
        aliases = read_aliases(self._folder).items()
        return models.CollectionsAliasesResponse(
            aliases=[models.AliasDescription(alias_name=alias, collection_name=its) for alias, its in aliases]
        )

    async def create_payload_index(self, name: str, field: str, kind: models.PayloadSchemaType) -> None:
        spec = await self._spec(name)
        await self._index.ensure(name, with_fields(spec, fields_of(spec) | {field: TYPES[kind]}))

    async def upsert(self, name: str, points: Sequence[models.PointStruct]) -> models.UpdateResult:
        await self._index.upsert(name, [_point(each) for each in points])
        return DONE

    async def delete(self, name: str, selector: Any) -> models.UpdateResult:
        await self._index.delete(name, _filter(selector.filter))
        return DONE

    async def set_payload(self, name: str, payload: dict[str, Any], selector: Any) -> models.UpdateResult:
        await self._index.set_payload(name, _filter(selector.filter), payload)
        return DONE

    async def retrieve(
        self, name: str, ids: Sequence[Any], with_payload: Any, with_vectors: Any
    ) -> list[models.Record]:
        vectors = with_vectors if isinstance(with_vectors, list) else bool(with_vectors)
        found = await self._index.get(name, [str(each) for each in ids], vectors, _fields(with_payload))
        return [_record(each) for each in found]

    async def count(self, name: str, filter: models.Filter | None, exact: bool) -> models.CountResult:
        assert exact, "only exact counts are answered here"
        return models.CountResult(count=await self._index.count(name, _filter(filter)))

    async def scroll(
        self, name: str, filter: models.Filter | None, limit: int, offset: Any, with_payload: Any
    ) -> tuple[list[models.Record], str | None]:
        assert with_payload is True, "only whole payloads are answered here"
        page = await self._index.scroll(name, _filter(filter), limit, None if offset is None else str(offset))
        return [_record(each) for each in page.points], page.next

    async def query_batch_points(self, name: str, requests: Sequence[Any]) -> list[QueryResponse]:
        answers = await self._index.query(name, [_query(each) for each in requests])
        return [
            QueryResponse(
                points=[
                    models.ScoredPoint(id=hit.id, version=0, score=hit.score, payload=dict(hit.payload)) for hit in hits
                ]
            )
            for hits in answers
        ]

    async def _collection(self, name: str) -> str:
        return await self._index.resolve(name) or name

    async def _spec(self, name: str) -> CollectionSpec:
        spec = read_spec(self._folder / "collections" / await self._collection(name))
        if spec is None:
            raise UnknownCollection(f"Collection {name} not found")
        return spec


def _spec(vectors: dict[str, models.VectorParams], sparse: dict[str, models.SparseVectorParams]) -> CollectionSpec:
    assert all(each.distance == models.Distance.COSINE for each in vectors.values()), "only cosine here"
    assert all(each.modifier == models.Modifier.IDF for each in sparse.values()), "only idf here"
    dense = {name: DenseSpec(each.size, each.multivector_config is not None) for name, each in vectors.items()}
    return CollectionSpec(dense, tuple(sparse))


def _info(spec: CollectionSpec) -> models.CollectionInfo:
    config = models.CollectionConfig(
        params=models.CollectionParams(vectors=to_vectors(spec), sparse_vectors=to_sparse_vectors(spec) or None),
        hnsw_config=models.HnswConfig(m=16, ef_construct=100, full_scan_threshold=10_000),
        optimizer_config=models.OptimizersConfig(
            deleted_threshold=0.2, vacuum_min_vector_number=1000, default_segment_number=0, flush_interval_sec=5
        ),
        wal_config=models.WalConfig(wal_capacity_mb=32, wal_segments_ahead=0),
    )
    return models.CollectionInfo(
        status=models.CollectionStatus.GREEN,
        optimizer_status=models.OptimizersStatusOneOf.OK,
        segments_count=1,
        config=config,
        payload_schema={
            name: models.PayloadIndexInfo(data_type=SCHEMA_TYPES[kind], points=0)
            for name, kind in fields_of(spec).items()
        },
    )


def _point(point: models.PointStruct) -> Point:
    vectors = point.vector if isinstance(point.vector, dict) else {}
    return Point(str(point.id), point.payload or {}, {name: _vector(each) for name, each in vectors.items()})


def _vector(vector: Any) -> AnyVector:
    if isinstance(vector, models.SparseVector):
        return Sparse(vector.indices, vector.values)
    return np.asarray(vector, np.float32)


def _record(point: Point) -> models.Record:
    vectors: dict[str, Any] = {
        name: models.SparseVector(indices=list(each.indices), values=list(each.values))
        if isinstance(each, Sparse)
        else each.tolist()
        for name, each in point.vectors.items()
    }
    return models.Record(id=point.id, payload=dict(point.payload), vector=vectors or None)


def _query(request: Any) -> Query:
    nearest, fields = _vector(request.query.nearest), _fields(request.with_payload)
    return Query(request.using, nearest, request.limit, _filter(request.filter), request.score_threshold, fields)


def _fields(selector: Any) -> Sequence[str] | None:
    """Which fields of the payload are asked for; None: all."""
    if isinstance(selector, bool):
        return None if selector else []
    return selector if isinstance(selector, list) else list(selector.include)


def _filter(filter: models.Filter | None) -> Filter:
    if filter is None:
        return EVERYTHING
    assert not filter.should and not filter.min_should, "the port has no such filter"
    return Filter(_conditions(filter.must), _conditions(filter.must_not))


def _conditions(conditions: Any) -> list[Condition]:
    listed = conditions if isinstance(conditions, list) else [conditions] if conditions else []
    return [_condition(each) for each in listed]


def _condition(condition: Any) -> Condition:
    if isinstance(condition, models.HasIdCondition):
        assert not condition.has_id, "the port has no filter by id"
        return Match("nothing", [])
    if isinstance(condition, models.Filter):
        return _alternatives(condition)
    if isinstance(condition.match, models.MatchPhrase):
        return Phrase(condition.key, condition.match.phrase)
    assert isinstance(condition.range, models.Range), f"the port has no such condition: {condition}"
    assert condition.range.gt is None and condition.range.lte is None
    return Range(condition.key, condition.range.gte, condition.range.lt)


def _alternatives(filter: models.Filter) -> Match:
    """A field that has one of several values, which the adapter asks for type by type."""
    found = Match("", [])
    for each in filter.should if isinstance(filter.should, list) else []:
        assert isinstance(each, models.FieldCondition), f"the port has no such condition: {each}"
        values = each.match.any if isinstance(each.match, models.MatchAny) else [each.match.value]  # type: ignore[union-attr]
        found = replace(found, field=each.key, any_of=[*found.any_of, *values])
    return found
