"""The HTTP server of a process."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Self, cast

import uvicorn
from starlette.types import ASGIApp

from rushes_runtime.errors import ConfigurationError
from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.connection import MOST_HEADERS, PatientConnection, more_files


class Http(uvicorn.Server):
    """uvicorn as a context: it answers once entered, and leaves signals to the process."""

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        connection = cast(Any, partial(PatientConnection, patience_s=settings.patience_s))
        super().__init__(
            uvicorn.Config(
                app,
                settings.host,
                settings.port,
                http=connection,
                h11_max_incomplete_event_size=MOST_HEADERS,
                lifespan="off",
                log_config=None,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(map(str, settings.trusted_proxies)),
                access_log=False,
                timeout_graceful_shutdown=3,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def __aenter__(self) -> Self:
        more_files()
        listener = listening(self.config.host, self.config.port)
        self.port: int = listener.getsockname()[1]
        self._task = asyncio.create_task(self.serve(sockets=[listener]))
        while not self.started and not self._task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # uvicorn has no event for it
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Take no more requests, and wait for those in hand. Stopping again is harmless."""
        self.should_exit = True
        await self._task


def listening(host: str, port: int) -> socket.socket:
    """A socket bound to this address. Raises ConfigurationError where that can't be."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigurationError(
            f"can't listen on {host}:{port}: {error.strerror}; set RUSHES_HTTP__PORT, or --port, to another"
        ) from error
    # Connections have it from here: asyncio sets it only where a socket says that it is TCP, which this one does not.
    # Without it the end of an answer waits for the other side's delayed acknowledgement, 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
