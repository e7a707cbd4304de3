"""One collection of an Edge index: the engine's shard, spoken to in the port's words. Everything here blocks.

The engine (0.9.0) holds Python's global lock for as long as a call to it takes, so a thread alone does not keep the
event loop going. Calls are therefore kept short: points are written a few at a time, and between two calls others
have their turn.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from rushes_runtime.disk import full
from rushes_runtime.index import edge_convert as convert
from rushes_runtime.index.port import CollectionSpec, Filter, Hit, IndexUnavailable, Page, Point, Query
from rushes_runtime.index.specs import FieldKind, batches

STEP_POINTS = 64
"""Points written in one call: some ten milliseconds."""
STEP_BYTES = 512 * 1024
"""Bytes of vectors written in one call, at most."""
EXACT_POINTS = 5_000
"""In a collection of more points, dense vectors are compared by their signs first (docs/decisions has why)."""
FLUSH_EVERY = 128
"""Writing calls between flushes: the engine's log shrinks by a flush only, and is read again when a shard opens."""


class Shard:
    """Reads may come from any thread; writes from one thread at a time, and raise IndexUnavailable on a full disk."""

    def __init__(self, shard: edge.EdgeShard, path: Path) -> None:
        self._shard = shard
        self._path = path
        self._unflushed = 0

    @classmethod
    def create(cls, path: Path, spec: CollectionSpec) -> "Shard":
        """A new shard in a folder that does not exist yet."""
        path.mkdir(parents=True)
        return cls(edge.EdgeShard.create(str(path), convert.to_config(spec)), path)

    @classmethod
    def load(cls, path: Path) -> "Shard":
        """The shard that an earlier process left there, complete however that process ended."""
        return cls(edge.EdgeShard.load(str(path)), path)

    def index_fields(self, kinds: Mapping[str, FieldKind]) -> None:
        """Index payload fields; one that is indexed already is no error."""
        for field, kind in kinds.items():
            self._update(edge.UpdateOperation.create_field_index(field, convert.KINDS[kind]))

    def upsert(self, points: Sequence[Point]) -> None:
        for some in batches(points, STEP_POINTS, STEP_BYTES):
            self._update(edge.UpdateOperation.upsert_points([convert.to_point(point) for point in some]))

    def set_payload(self, filter: Filter, payload: Mapping[str, Any]) -> None:
        self._update(edge.UpdateOperation.set_payload_by_filter(convert.to_filter(filter), dict(payload)))

    def delete(self, filter: Filter) -> None:
        self._update(edge.UpdateOperation.delete_points_by_filter(convert.to_filter(filter)))

    def count(self, filter: Filter) -> int:
        return self._shard.count(edge.CountRequest(exact=True, filter=convert.to_filter(filter)))

    def get(self, ids: Sequence[str], with_vectors: bool | Sequence[str], fields: Sequence[str] | None) -> list[Point]:
        payload = True if fields is None else list(fields)
        vectors = with_vectors if isinstance(with_vectors, bool) else list(with_vectors)
        records = self._shard.retrieve(list(ids), payload, vectors)
        found = {str(record.id): record for record in records}
        return [convert.from_record(found[id]) for id in ids if id in found]

    def scroll(self, filter: Filter, limit: int, after: str | None) -> Page:
        request = edge.ScrollRequest(after, limit, convert.to_filter(filter), with_payload=True, with_vector=False)
        records, following = self._shard.scroll(request)
        return Page([convert.from_record(each) for each in records], None if following is None else str(following))

    def query(self, queries: Sequence[Query]) -> list[list[Hit]]:
        exactly = self._shard.info().points_count <= EXACT_POINTS
        batch = edge.QueryBatchRequest([convert.to_request(query, exactly) for query in queries])
        return [[convert.from_scored(point) for point in points] for points in self._shard.query_batch(batch)]

    def close(self) -> None:
        self._shard.close()

    def _update(self, operation: edge.UpdateOperation) -> None:
        # The engine writes into mapped files that have holes: where the disk has no block for one, the kernel kills
        # the process (SIGBUS).
        if sentence := full(self._path):
            raise IndexUnavailable(sentence)
        self._shard.update(operation)
        self._unflushed += 1
        if self._unflushed >= FLUSH_EVERY:
            self._shard.flush()
            self._unflushed = 0
