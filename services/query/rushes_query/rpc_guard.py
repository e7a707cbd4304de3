"""What stands before every gRPC call: the keys, an id for the log, and a limit to its time."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import uuid4

import grpc
import structlog
from google.protobuf.message import DecodeError

from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.keys import Keys, Refusal
from rushes_runtime.web.record import ACCEPTED

CODES = {
    "unauthenticated": grpc.StatusCode.UNAUTHENTICATED,
    "forbidden": grpc.StatusCode.PERMISSION_DENIED,
    "too_many": grpc.StatusCode.RESOURCE_EXHAUSTED,
}
REQUEST_ID = "x-request-id"

Call = Callable[[Any, Any], Awaitable[Any]]


class Guard(grpc.aio.ServerInterceptor):
    """Guards the calls of one service; health and reflection are everybody's.

    A call ends with DEADLINE_EXCEEDED at the client's deadline, or at the server's own limit where that comes first.
    """

    def __init__(self, service: str, settings: HttpSettings) -> None:
        self._prefix = f"/{service}/"
        self._keys = Keys(settings)
        self._limit_s = settings.time_limit_s

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """gRPC's hook: the handler of a call, guarded."""
        handler = await continuation(details)
        if handler is None or not details.method.startswith(self._prefix):
            return handler
        return grpc.unary_unary_rpc_method_handler(
            partial(self._guarded, handler.unary_unary),
            request_deserializer=partial(_read, handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )

    async def _guarded(self, call: Call, request: Any, context: Any) -> Any:
        said = {name: value for name, value in context.invocation_metadata() if isinstance(value, str)}
        request_id = given if ACCEPTED.fullmatch(given := said.get(REQUEST_ID, "")) else uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request_id)
        await context.send_initial_metadata(((REQUEST_ID, request_id),))
        try:
            await self._keys.admit(said.get("authorization"), "read", _address(context.peer()))
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


def _read(deserialize: Callable[[bytes], Any], message: bytes) -> Any:
    """A request; None for bytes that are no message, which gRPC itself would answer as a mistake of the server."""
    try:
        return deserialize(message)
    except DecodeError:
        return None


def _address(peer: str) -> str:
    """The address in gRPC's `ipv4:127.0.0.1:50000`, without the port, which changes."""
    return peer.partition(":")[2].rpartition(":")[0] or peer
