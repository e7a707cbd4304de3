"""A substitute for a Qdrant server: a program that serves Qdrant's gRPC protocol over Qdrant Edge.

    python -m rushes_testing.qdrant DIR PORT

It serves gRPC on the port after PORT, as Qdrant does; RUSHES_QDRANT__URL is http://127.0.0.1:PORT. With
RUSHES_QDRANT__API_KEY in its environment it refuses calls without that key. Acknowledged writes survive kill -9.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc

from rushes_testing.process import Process
from rushes_testing.qdrant_edge import EdgeEngine
from rushes_testing.qdrant_wire import serving

KEY = "RUSHES_QDRANT__API_KEY"


class QdrantProcess(Process):
    """The program on a port, ready to `start()`. It keeps its data and port across kills and restarts."""

    def __init__(self, folder: Path, port: int, api_key: str | None = None) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._grpc = ("127.0.0.1", port + 1)
        super().__init__(
            "the index",
            [sys.executable, "-m", __name__, str(folder / "data"), str(port)],
            folder / "index.log",
            environment={KEY: api_key or ""},
            is_ready=self._listens,
        )

    @property
    def environment_of_services(self) -> dict[str, str]:
        """The settings of a service that uses it."""
        key = self.environment[KEY]
        return {"RUSHES_QDRANT__URL": self.url} | ({KEY: key} if key else {})

    def _listens(self) -> bool:
        # It binds its port after it has opened its folder, so a connection means that it is ready.
        with socket.socket() as probe:
            return probe.connect_ex(self._grpc) == 0


class _Keyed(grpc.aio.ServerInterceptor):
    """Refuses calls without the key, as a Qdrant server does."""

    def __init__(self, key: str) -> None:
        self._key = key

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        if dict(details.invocation_metadata).get("api-key") == self._key:
            return await continuation(details)
        return grpc.unary_unary_rpc_method_handler(_refuse)


async def _refuse(request: Any, context: Any) -> None:
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Must provide an API key or an Authorization bearer token")


async def serve(folder: Path, port: int, api_key: str | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    engine = EdgeEngine(folder)
    await engine.open()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(engine, port + 1, [_Keyed(api_key)] if api_key else []):
        await stop.wait()
    await engine.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), os.environ.get(KEY)))
