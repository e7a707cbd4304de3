"""The gRPC door: the six calls of `rushes.v1.Query`, health and reflection."""

from typing import Self

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from rushes_query.ask import MAX_IMAGE_BYTES
from rushes_query.in_use import InUse
from rushes_query.library import Library
from rushes_query.rpc import query_pb2, query_pb2_grpc
from rushes_query.rpc_calls import QueryCalls
from rushes_query.rpc_guard import Guard
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.settings import HttpSettings

SERVICE = query_pb2.DESCRIPTOR.services_by_name["Query"].full_name
GRACE_S = 3.0
"""How long calls in hand may go on after the server is told to stop."""
OPTIONS = [("grpc.max_receive_message_length", MAX_IMAGE_BYTES + 64 * 1024), ("grpc.so_reuseport", 0)]

log = structlog.stdlib.get_logger("rushes.query")


class GrpcServer:
    """A gRPC server as a context: it answers once entered, and has stopped once left. Enter it once."""

    def __init__(self, search: InUse, library: Library, settings: HttpSettings) -> None:
        """Port 0: a free one. Nothing listens yet."""
        self._calls = QueryCalls(search, library)
        self._settings = settings
        self.port: int | None = None
        """Where it listens, once entered."""

    async def __aenter__(self) -> Self:
        """Raises ConfigurationError where it can't listen."""
        self._server = grpc.aio.server(interceptors=[Guard(SERVICE, self._settings)], options=OPTIONS)
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
            raise ConfigurationError(f"can't listen on {address}; set RUSHES_HTTP__GRPC_PORT to another") from error
