"""How vectors are kept: what is asked of a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import numpy as np
from qdrant_client import grpc as pb

from rushes_runtime.index.port import Query
from rushes_runtime.index.server import ServerIndex
from rushes_runtime.index.storage import Storage

from .samples import SPEC


class Recording(grpc.GenericRpcHandler):
    """A server that keeps the requests of two calls, and answers that all is well."""

    def __init__(self) -> None:
        self.made: list[pb.CreateCollection] = []
        self.asked: list[pb.QueryBatchPoints] = []

    def service(self, handler_call_details: Any) -> Any:
        answers = {
            "/qdrant.Collections/CollectionExists": self._exists,
            "/qdrant.Collections/Create": self._create,
            "/qdrant.Points/QueryBatch": self._query,
        }
        answer = answers.get(handler_call_details.method)
        return grpc.unary_unary_rpc_method_handler(answer) if answer else None

    async def _exists(self, request: bytes, context: Any) -> bytes:
        return bytes(pb.CollectionExistsResponse().SerializeToString())

    async def _create(self, request: bytes, context: Any) -> bytes:
        self.made.append(pb.CreateCollection.FromString(request))
        return bytes(pb.CollectionOperationResponse(result=True).SerializeToString())

    async def _query(self, request: bytes, context: Any) -> bytes:
        self.asked.append(pb.QueryBatchPoints.FromString(request))
        return bytes(pb.QueryBatchResponse(result=[pb.BatchResult()]).SerializeToString())


@asynccontextmanager
async def recording(storage: Storage) -> AsyncIterator[tuple[Recording, ServerIndex]]:
    """The server, and an index that uses it."""
    recorded = Recording()
    server = grpc.aio.server(handlers=[recorded])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    index = ServerIndex("http://127.0.0.1:6333", grpc_port=port, storage=storage)
    yield recorded, index
    await index.close()
    await server.stop(None)


async def made_with(storage: Storage) -> pb.CreateCollection:
    """What a server is asked to make."""
    async with recording(storage) as (recorded, index):
        await index._create("scenes", SPEC)
        return recorded.made[0]


async def test_a_server_is_asked_for_nothing_special() -> None:
    asked = await made_with(Storage())
    assert not asked.HasField("quantization_config")
    assert not asked.HasField("shard_number") and not asked.HasField("replication_factor")
    assert set(asked.vectors_config.params_map.map) == set(SPEC.dense)


async def test_a_server_is_asked_for_int8() -> None:
    asked = await made_with(Storage("scalar"))
    assert asked.quantization_config.scalar.type == pb.QuantizationType.Int8
    assert asked.quantization_config.scalar.always_ram


async def test_a_server_is_asked_for_bits_on_disk_in_shards() -> None:
    asked = await made_with(Storage("binary", on_disk=True, shards=3, replication=2))
    assert asked.quantization_config.binary.always_ram
    assert (asked.shard_number, asked.replication_factor) == (3, 2)
    assert all(params.on_disk for params in asked.vectors_config.params_map.map.values())


async def test_a_server_scores_again_by_the_full_vectors() -> None:
    async with recording(Storage("scalar")) as (recorded, index):
        await index.query("scenes", [Query("speech", np.ones(3, np.float32), 5)])
        [leg] = recorded.asked[0].query_points
    assert leg.params.quantization.rescore and leg.params.quantization.oversampling == 2
