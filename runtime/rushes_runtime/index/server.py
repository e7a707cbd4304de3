"""The index of a Qdrant server, through qdrant-client."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qdrant_client import AsyncQdrantClient, models

from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index import server_convert as convert
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
from rushes_runtime.index.server_errors import ANSWERED, translated
from rushes_runtime.index.specs import batches, missing_fields
from rushes_runtime.index.storage import DEFAULT, Storage

HTTP_PORT = 6333
BATCH_POINTS = 256
"""Points in one upsert request."""
BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of vectors in one upsert request, at most."""
GRPC_OPTIONS: dict[str, Any] = {"grpc.max_reconnect_backoff_ms": 5_000}
"""gRPC by itself waits up to two minutes before it looks again for a server that was away."""


def connect(
    url: str,
    api_key: str | None = None,
    *,
    timeout_s: float = 30,
    prefer_grpc: bool = True,
    grpc_port: int | None = None,
    ca_file: Path | None = None,
) -> AsyncQdrantClient:
    """A client as the adapter wants it; it connects when it is used. TLS is what the URL's scheme says; `ca_file`
    signed the server's certificate, where that is no well-known authority. Raises ConfigurationError if it can't be
    read.

    gRPC is spoken on the port after the URL's, as Qdrant's own are, unless another is given.
    """
    port = urlsplit(url).port or HTTP_PORT
    return AsyncQdrantClient(
        url=url,
        port=port,
        grpc_port=grpc_port or port + 1,
        prefer_grpc=prefer_grpc,
        api_key=api_key,
        timeout=math.ceil(timeout_s),
        grpc_options=GRPC_OPTIONS | ({"root_certificates": _read(ca_file)} if ca_file else {}),
        verify=str(ca_file) if ca_file else True,
        check_compatibility=False,  # a request of its own, in a thread of its own, before anything is asked for
    )


def _read(ca_file: Path) -> bytes:
    try:
        return ca_file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"RUSHES_QDRANT__CA_FILE {ca_file} can't be read: {error.strerror}") from error


class ServerIndex:
    """`port.Index` over a Qdrant server. Nothing connects before the first call.

    Every write waits until the server has applied it. `connect` makes the client, for a test that has one of its own.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        timeout_s: float = 30,
        prefer_grpc: bool = True,
        grpc_port: int | None = None,
        ca_file: Path | None = None,
        storage: Storage = DEFAULT,
        connect: Callable[..., AsyncQdrantClient] = connect,
    ) -> None:
        self._url = url
        self._storage = storage
        self._connect = partial(
            connect, url, api_key, timeout_s=timeout_s, prefer_grpc=prefer_grpc, grpc_port=grpc_port, ca_file=ca_file
        )

    @cached_property
    def _client(self) -> AsyncQdrantClient:
        return self._connect()

    async def ensure(self, name: str, spec: CollectionSpec) -> None:
        with translated(self._url):
            if not await self._client.collection_exists(name):
                await self._create(name, spec)
            found = convert.from_info(await self._client.get_collection(name))
            for field, kind in missing_fields(name, found, spec).items():
                await self._client.create_payload_index(name, field, convert.KINDS[kind], wait=True)

    async def _create(self, name: str, spec: CollectionSpec) -> None:
        vectors, sparse = convert.to_vectors(spec, self._storage), convert.to_sparse_vectors(spec)
        try:
            await self._client.create_collection(
                name,
                vectors_config=vectors,
                sparse_vectors_config=sparse,
                quantization_config=convert.QUANTIZATION[self._storage.quantization],
                shard_number=self._storage.shards,
                replication_factor=self._storage.replication,
            )
        except ANSWERED:
            # Another process was faster, perhaps. What it made is looked at by the caller.
            if not await self._client.collection_exists(name):
                raise

    async def collections(self) -> Sequence[str]:
        with translated(self._url):
            answer = await self._client.get_collections()
        return sorted(each.name for each in answer.collections)

    async def drop(self, name: str) -> None:
        collection = await self.resolve(name) or name
        with translated(self._url):
            await self._client.delete_collection(collection)

    async def point_alias(self, alias: str, collection: str) -> None:
        # The server checks the collection, then replaces what the alias meant before. To delete the alias first, in the
        # same request, would lose it where the collection turns out to be missing: actions are not rolled back.
        create = models.CreateAlias(alias_name=alias, collection_name=collection)
        with translated(self._url):
            await self._client.update_collection_aliases([models.CreateAliasOperation(create_alias=create)])

    async def resolve(self, alias: str) -> str | None:
        with translated(self._url):
            answer = await self._client.get_aliases()
        return next((each.collection_name for each in answer.aliases if each.alias_name == alias), None)

    async def upsert(self, name: str, points: Sequence[Point]) -> None:
        for some in batches(points, BATCH_POINTS, BATCH_BYTES):
            with translated(self._url):
                self._done(await self._client.upsert(name, [convert.to_point(each) for each in some], wait=True))

    async def set_payload(self, name: str, filter: Filter, payload: Mapping[str, Any]) -> None:
        with translated(self._url):
            self._done(await self._client.set_payload(name, dict(payload), convert.to_filter(filter), wait=True))

    async def delete(self, name: str, filter: Filter) -> None:
        selector = models.FilterSelector(filter=convert.to_filter(filter))
        with translated(self._url):
            self._done(await self._client.delete(name, selector, wait=True))

    async def count(self, name: str, filter: Filter = EVERYTHING) -> int:
        with translated(self._url):
            answer = await self._client.count(name, convert.to_filter(filter), exact=True)
        return answer.count

    async def get(
        self,
        name: str,
        ids: Sequence[str],
        with_vectors: bool | Sequence[str] = False,
        fields: Sequence[str] | None = None,
    ) -> Sequence[Point]:
        payload = True if fields is None else list(fields)
        vectors = with_vectors if isinstance(with_vectors, bool) else list(with_vectors)
        with translated(self._url):
            records = await self._client.retrieve(name, list(ids), with_payload=payload, with_vectors=vectors)
        found = {str(record.id): convert.from_record(record) for record in records}
        return [found[id] for id in ids if id in found]

    async def scroll(self, name: str, filter: Filter = EVERYTHING, limit: int = 100, after: str | None = None) -> Page:
        with translated(self._url):
            records, following = await self._client.scroll(
                name, convert.to_filter(filter), limit=limit, offset=after, with_payload=True
            )
        points = [convert.from_record(record) for record in records]
        return Page(points, None if following is None else str(following))

    async def query(self, name: str, queries: Sequence[Query]) -> Sequence[Sequence[Hit]]:
        if not queries:
            return []
        with translated(self._url):
            answers = await self._client.query_batch_points(name, [convert.to_request(each) for each in queries])
        return [[convert.from_scored(point) for point in answer.points] for answer in answers]

    async def ready(self) -> None:
        # The server's health check asks for no key; this does.
        await self.collections()

    async def close(self) -> None:
        if "_client" in self.__dict__:
            await self._client.close()

    def _done(self, result: models.UpdateResult) -> None:
        if result.status != models.UpdateStatus.COMPLETED:
            raise IndexUnavailable(f"the Qdrant server at {self._url} took a write but has it {result.status.value}")
