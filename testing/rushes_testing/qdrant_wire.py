"""A Qdrant server for tests: the real wire format, over an engine that has the methods of `AsyncQdrantClient`.

So the adapter's requests are made into protobuf by the client and read back, as they are before a real server, and its
errors are gRPC's status codes. It knows the calls that the adapter makes and no others. The engine is Qdrant Edge
(`rushes_testing.qdrant`), or qdrant-client's own local mode (`LocalEngine`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, TypeVar

import grpc
from qdrant_client import AsyncQdrantClient
from qdrant_client import grpc as wire
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc, grpc_field_type_to_payload_schema

from rushes_runtime.errors import ConfigurationError, InvalidError, RushesError
from rushes_runtime.index.port import UnknownCollection

MESSAGE_BYTES = 64 * 1024 * 1024
"""As large as one request may be; the adapter keeps far below."""

S = TypeVar("S")
Handler = Callable[[S, Any, Any], Awaitable[Any]]


def _refusing(handler: Handler[S]) -> Handler[S]:
    """Answer with the real server's status codes where the engine refuses."""

    @wraps(handler)
    async def answer(self: S, request: Any, context: Any) -> Any:
        try:
            return await handler(self, request, context)
        except (ValueError, AssertionError) as error:
            await context.abort(_code(str(error)), str(error))
        except RushesError as error:
            await context.abort(_code_of(error), str(error))

    return answer


def _code_of(error: RushesError) -> grpc.StatusCode:
    """What Qdrant Edge raises, through the port."""
    if isinstance(error, UnknownCollection):
        return grpc.StatusCode.NOT_FOUND
    is_refused = isinstance(error, InvalidError | ConfigurationError)
    return grpc.StatusCode.INVALID_ARGUMENT if is_refused else grpc.StatusCode.UNAVAILABLE


def _code(message: str) -> grpc.StatusCode:
    """What local mode raises: ValueError for everything."""
    if message.startswith("Collection") and message.endswith("not found"):
        return grpc.StatusCode.NOT_FOUND
    if message.endswith("already exists"):
        return grpc.StatusCode.ALREADY_EXISTS
    return grpc.StatusCode.INVALID_ARGUMENT


class Collections(wire.CollectionsServicer):
    """The service `qdrant.Collections`."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @_refusing
    async def CollectionExists(self, request: Any, context: Any) -> Any:  # noqa: N802
        exists = await self._engine.collection_exists(request.collection_name)
        return wire.CollectionExistsResponse(result=wire.CollectionExists(exists=exists))

    @_refusing
    async def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        vectors = GrpcToRest.convert_vectors_config(request.vectors_config)
        sparse = GrpcToRest.convert_sparse_vector_config(request.sparse_vectors_config)
        done = await self._engine.create_collection(
            request.collection_name, vectors_config=vectors, sparse_vectors_config=sparse
        )
        return wire.CollectionOperationResponse(result=done)

    @_refusing
    async def Get(self, request: Any, context: Any) -> Any:  # noqa: N802
        info = await self._engine.get_collection(request.collection_name)
        return wire.GetCollectionInfoResponse(result=RestToGrpc.convert_collection_info(info))

    @_refusing
    async def List(self, request: Any, context: Any) -> Any:  # noqa: N802
        names = (await self._engine.get_collections()).collections
        return wire.ListCollectionsResponse(
            collections=[RestToGrpc.convert_collection_description(each) for each in names]
        )

    @_refusing
    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        return wire.CollectionOperationResponse(result=await self._engine.delete_collection(request.collection_name))

    @_refusing
    async def UpdateAliases(self, request: Any, context: Any) -> Any:  # noqa: N802
        actions = [GrpcToRest.convert_alias_operations(each) for each in request.actions]
        return wire.CollectionOperationResponse(result=await self._engine.update_collection_aliases(actions))

    @_refusing
    async def ListAliases(self, request: Any, context: Any) -> Any:  # noqa: N802
        aliases = (await self._engine.get_aliases()).aliases
        return wire.ListAliasesResponse(aliases=[RestToGrpc.convert_alias_description(each) for each in aliases])


class Points(wire.PointsServicer):
    """The service `qdrant.Points`. A write that does not ask to wait is refused: the port promises to."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @_refusing
    async def Upsert(self, request: Any, context: Any) -> Any:  # noqa: N802
        points = [GrpcToRest.convert_point_struct(each) for each in request.points]
        return _updated(request, await self._engine.upsert(request.collection_name, points))

    @_refusing
    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        selector = GrpcToRest.convert_points_selector(request.points)
        return _updated(request, await self._engine.delete(request.collection_name, selector))

    @_refusing
    async def SetPayload(self, request: Any, context: Any) -> Any:  # noqa: N802
        payload = GrpcToRest.convert_payload(request.payload)
        selector = GrpcToRest.convert_points_selector(request.points_selector)
        return _updated(request, await self._engine.set_payload(request.collection_name, payload, selector))

    @_refusing
    async def CreateFieldIndex(self, request: Any, context: Any) -> Any:  # noqa: N802
        assert request.HasField("field_type")
        kind = GrpcToRest.convert_payload_schema_type(grpc_field_type_to_payload_schema(request.field_type))
        await self._engine.create_payload_index(request.collection_name, request.field_name, kind)
        return wire.PointsOperationResponse(result=wire.UpdateResult(status=wire.UpdateStatus.Completed))

    @_refusing
    async def Get(self, request: Any, context: Any) -> Any:  # noqa: N802
        records = await self._engine.retrieve(
            request.collection_name,
            [GrpcToRest.convert_point_id(each) for each in request.ids],
            with_payload=GrpcToRest.convert_with_payload_selector(request.with_payload),
            with_vectors=GrpcToRest.convert_with_vectors_selector(request.with_vectors),
        )
        return wire.GetResponse(result=[RestToGrpc.convert_retrieved_point(each) for each in records])

    @_refusing
    async def Count(self, request: Any, context: Any) -> Any:  # noqa: N802
        filter = GrpcToRest.convert_filter(request.filter)
        counted = await self._engine.count(request.collection_name, filter, exact=request.exact)
        return wire.CountResponse(result=RestToGrpc.convert_count_result(counted))

    @_refusing
    async def Scroll(self, request: Any, context: Any) -> Any:  # noqa: N802
        records, following = await self._engine.scroll(
            request.collection_name,
            GrpcToRest.convert_filter(request.filter),
            limit=request.limit,
            offset=GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None,
            with_payload=GrpcToRest.convert_with_payload_selector(request.with_payload),
        )
        return wire.ScrollResponse(
            result=[RestToGrpc.convert_retrieved_point(each) for each in records],
            next_page_offset=None if following is None else RestToGrpc.convert_extended_point_id(following),
        )

    @_refusing
    async def QueryBatch(self, request: Any, context: Any) -> Any:  # noqa: N802
        requests = [GrpcToRest.convert_query_points(each) for each in request.query_points]
        answers = await self._engine.query_batch_points(request.collection_name, requests)
        scored = [[RestToGrpc.convert_scored_point(point) for point in answer.points] for answer in answers]
        return wire.QueryBatchResponse(result=[wire.BatchResult(result=points) for points in scored])


def _updated(request: Any, result: Any) -> Any:
    assert request.wait, "the request does not wait"
    return wire.PointsOperationResponse(result=RestToGrpc.convert_update_result(result))


class LocalEngine(AsyncQdrantClient):
    """qdrant-client's local mode, in memory."""

    def __init__(self) -> None:
        super().__init__(location=":memory:")

    async def create_payload_index(self, collection_name: str, *_: Any, **__: Any) -> Any:
        """It has no payload indexes; it is asked all the same, for the collection may not exist."""
        await self.count(collection_name)


@asynccontextmanager
async def serving(
    engine: Any, port: int = 0, interceptors: Sequence[grpc.aio.ServerInterceptor] = ()
) -> AsyncIterator[int]:
    """Serve an engine on loopback, in this event loop; yields the port. The engine is the caller's to close."""
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.so_reuseport", 0)]
    server = grpc.aio.server(interceptors=interceptors, options=options)
    add_collections: Callable[..., None] = wire.add_CollectionsServicer_to_server
    add_points: Callable[..., None] = wire.add_PointsServicer_to_server
    add_collections(Collections(engine), server)
    add_points(Points(engine), server)
    bound: int = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield bound
    finally:
        await server.stop(None)
