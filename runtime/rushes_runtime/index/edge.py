"""The index in this process: Qdrant Edge in a folder, for one process at a time."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from rushes_runtime.index.edge_errors import translated
from rushes_runtime.index.edge_store import EdgeStore
from rushes_runtime.index.port import (
    EVERYTHING,
    CollectionSpec,
    Filter,
    Hit,
    IndexUnavailable,
    Page,
    Point,
    Query,
)

READERS = 4
"""Threads that read, so that no read waits in line behind a write."""

R = TypeVar("R")


class EdgeIndex:
    """`port.Index` over Qdrant Edge.

    Nothing is opened before the first call. The folder belongs to one process: any method raises IndexInUse where
    another one has it. A point is safe from kill -9 when `upsert` returns. Writes are done one at a time, in the order
    in which they were asked for; one that is cancelled once it has begun is still done.
    """

    def __init__(self, folder: Path) -> None:
        self._store = EdgeStore(folder)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="index-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="index-write")

    async def ensure(self, name: str, spec: CollectionSpec) -> None:
        await self._write(lambda: self._store.ensure(name, spec))

    async def collections(self) -> Sequence[str]:
        return await self._read(self._store.collections)

    async def drop(self, name: str) -> None:
        await self._write(lambda: self._store.drop(name))

    async def point_alias(self, alias: str, collection: str) -> None:
        await self._write(lambda: self._store.point_alias(alias, collection))

    async def resolve(self, alias: str) -> str | None:
        return await self._read(lambda: self._store.resolve(alias))

    async def upsert(self, name: str, points: Sequence[Point]) -> None:
        await self._write(lambda: self._store.shard(name).upsert(points))

    async def set_payload(self, name: str, filter: Filter, payload: Mapping[str, Any]) -> None:
        await self._write(lambda: self._store.shard(name).set_payload(filter, payload))

    async def delete(self, name: str, filter: Filter) -> None:
        await self._write(lambda: self._store.shard(name).delete(filter))

    async def count(self, name: str, filter: Filter = EVERYTHING) -> int:
        return await self._read(lambda: self._store.shard(name).count(filter))

    async def get(
        self,
        name: str,
        ids: Sequence[str],
        with_vectors: bool | Sequence[str] = False,
        fields: Sequence[str] | None = None,
    ) -> Sequence[Point]:
        return await self._read(lambda: self._store.shard(name).get(ids, with_vectors, fields))

    async def scroll(self, name: str, filter: Filter = EVERYTHING, limit: int = 100, after: str | None = None) -> Page:
        return await self._read(lambda: self._store.shard(name).scroll(filter, limit, after))

    async def query(self, name: str, queries: Sequence[Query]) -> Sequence[Sequence[Hit]]:
        return await self._read(lambda: self._store.shard(name).query(queries))

    async def ready(self) -> None:
        await self._read(self._store.ready)

    async def close(self) -> None:
        """Wait for what was asked for before, then let go of the folder. A second call does nothing."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._readers.shutdown()
        self._writer.shutdown()
        self._store.close()

    async def _read(self, work: Callable[[], R]) -> R:
        return await self._run(self._readers, work)

    async def _write(self, work: Callable[[], R]) -> R:
        return await self._run(self._writer, work)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], R]) -> R:
        def translating() -> R:
            with translated(self._store.folder):
                return work()

        try:
            running = pool.submit(translating)
        except RuntimeError as error:
            raise IndexUnavailable(f"the index in {self._store.folder} is closed") from error
        return await asyncio.wrap_future(running)
