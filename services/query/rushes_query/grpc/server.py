"""The gRPC server: the six calls of `rushes.v1.Query`, health and reflection, and the guard before every call."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Self
from urllib.parse import unquote
from uuid import uuid4

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from rushes_query.grpc import query_pb2, query_pb2_grpc
from rushes_query.grpc.calls import QueryCalls
from rushes_query.library.videos import Library
from rushes_query.search.active_index import ActiveIndex
from rushes_query.search.request import MAX_IMAGE_BYTES
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.keys import Keys, Refusal
from rushes_runtime.web.record import ACCEPTED
from rushes_runtime.web.wrong_keys import WrongKeys

CODES = {
    "unauthenticated": grpc.StatusCode.UNAUTHENTICATED,
    "forbidden": grpc.StatusCode.PERMISSION_DENIED,
    "too_many": grpc.StatusCode.RESOURCE_EXHAUSTED,
}
REQUEST_ID = "x-request-id"

Call = Callable[[Any, Any], Awaitable[Any]]


class Guard(grpc.aio.ServerInterceptor):
    """Checks keys and limits the time of the calls of one service; health and reflection need no key.

    A call ends with DEADLINE_EXCEEDED at the client's deadline, or at the server's own limit if that comes first.
    """

    def __init__(self, service: str, settings: HttpSettings, wrong_keys: WrongKeys | None = None) -> None:
        """`wrong_keys` counts those of another server of this process as well."""
        self._prefix = f"/{service}/"
        self._keys = Keys(settings, wrong_keys)
        self._limit_s = settings.time_limit_s

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """gRPC's hook: return the handler of a call, guarded."""
        handler = await continuation(details)
        if handler is None or not details.method.startswith(self._prefix):
            return handler
        return grpc.unary_unary_rpc_method_handler(
            partial(self._guarded, handler.unary_unary),
            request_deserializer=partial(_deserialized, handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )

    async def _guarded(self, call: Call, request: Any, context: Any) -> Any:
        metadata = {name: value for name, value in context.invocation_metadata() if isinstance(value, str)}
        request_id = given if ACCEPTED.fullmatch(given := metadata.get(REQUEST_ID, "")) else uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request_id)
        # Sent before the call is checked, so that refused calls have an id as well.
        await context.send_initial_metadata(((REQUEST_ID, request_id),))
        try:
            await self._keys.admit(metadata.get("authorization"), "read", _address(context.peer()))
        except Refusal as refusal:
            wait = (("retry-after", str(refusal.retry_after_s)),) if refusal.retry_after_s else ()
            await context.abort(CODES[refusal.kind], str(refusal), wait)
        if request is None:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "The request is no message of this call.")
        try:
            async with asyncio.timeout(self._time_left(context)):
                return await call(request, context)
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "There was no answer within the call's time.")

    def _time_left(self, context: Any) -> float:
        remaining: float | None = context.time_remaining()
        return self._limit_s if remaining is None else min(self._limit_s, remaining)


def _deserialized(deserialize: Callable[[bytes], Any], message: bytes) -> Any:
    """Return the request, or None for bytes that are no message: gRPC itself would answer with an internal error."""
    try:
        return deserialize(message)
    except DecodeError:
        return None


def _address(peer: str) -> str:
    """Return the address in gRPC's `ipv4:127.0.0.1:50000` or `ipv6:%5B::1%5D:50000`, without the port, which differs
    for each connection."""
    return unquote(peer).partition(":")[2].rpartition(":")[0].strip("[]") or peer


SERVICE = query_pb2.DESCRIPTOR.services_by_name["Query"].full_name
GRACE_S = 3.0
"""How long running calls may continue after the server is told to stop."""
OPTIONS = [
    ("grpc.max_receive_message_length", MAX_IMAGE_BYTES + 64 * 1024),
    ("grpc.so_reuseport", 0),
]  # two servers on one port are an error

log = structlog.stdlib.get_logger("rushes.query")


class GrpcServer:
    """A gRPC server as a context manager: it serves once entered, and has stopped once left. Enter it once."""

    def __init__(
        self, search: ActiveIndex, library: Library, settings: HttpSettings, wrong_keys: WrongKeys | None = None
    ) -> None:
        """Port 0 means a free one. `wrong_keys` counts those of another server of this process as well. Nothing
        listens yet."""
        self._calls = QueryCalls(search, library)
        self._settings = settings
        self._wrong_keys = wrong_keys
        self.port: int | None = None
        """The port, once entered."""

    async def __aenter__(self) -> Self:
        """Raises ConfigurationError if it can't listen."""
        guard = Guard(SERVICE, self._settings, self._wrong_keys)
        self._server = grpc.aio.server(interceptors=[guard], options=OPTIONS)
        self._health = health.aio.HealthServicer()
        query_pb2_grpc.add_QueryServicer_to_server(self._calls, self._server)  # type: ignore[no-untyped-call]
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection([SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)
        self.port = self._bind()
        await self._server.start()
        for name in ("", SERVICE):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        log.info("gRPC answers", port=self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._health.enter_graceful_shutdown()
        await self._server.stop(GRACE_S)

    def _bind(self) -> int:
        host = self._settings.host
        address = f"{f'[{host}]' if ':' in host else host}:{self._settings.grpc_port}"
        try:
            return int(self._server.add_insecure_port(address))
        except RuntimeError as error:
            raise ConfigurationError(
                f"can't listen on {address}; set RUSHES_HTTP__GRPC_PORT (or --grpc-port) to another"
            ) from error
