"""What a service is made of, and how one or several of them run in a process."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, cast

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from faststream.kafka import KafkaBroker, KafkaRouter

from rushes_runtime.bus.connect import connected, make_broker
from rushes_runtime.checks import Check
from rushes_runtime.errors import BrokerUnavailable, ConfigurationError
from rushes_runtime.metrics import Metrics
from rushes_runtime.settings import HttpSettings, Settings
from rushes_runtime.web.app import web_app
from rushes_runtime.web.connection import MOST_HEADERS, PatientConnection, more_files
from rushes_runtime.web.keys import check_exposure

log = structlog.stdlib.get_logger("rushes.service")


@dataclass(frozen=True)
class Service:
    """One service, composed but not started: nothing connects and no model is loaded before it runs.

    `lifespans` are entered in their order before anything is consumed or answered (a model loads, a gRPC server
    starts) and left in the opposite order after the last record is settled.
    """

    name: str
    bus: Sequence[KafkaRouter] = ()
    http: Sequence[APIRouter] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    lifespans: Sequence[AbstractAsyncContextManager[object]] = ()


async def serve(
    name: str,
    services: Sequence[Service],
    settings: Settings,
    metrics: Metrics,
    *,
    on_started: Callable[[KafkaBroker], Awaitable[None]] | None = None,
) -> None:
    """Run services in this process, on one HTTP port, until SIGINT or SIGTERM.

    Stopping finishes the records in hand within RUSHES_KAFKA__SHUTDOWN_GRACE_S; what is not done then was not
    committed, and is done again. A second signal ends the process at once. `on_started` is awaited once everything
    runs. Services without a bus need no broker.
    Raises ConfigurationError or TransientError where something does not start.
    """
    if any(service.http for service in services) and check_exposure(settings.http):
        log.warning("INSECURE: everybody who reaches this machine may read, write and delete", host=settings.http.host)
    routers = [bus for service in services for bus in service.bus]
    broker = make_broker(settings.kafka, name, metrics, routers)
    stop = asyncio.Event()
    _on_signals(stop)
    async with AsyncExitStack() as stack:
        await _enter(stack, services)
        if stop.is_set():
            return
        if routers:
            await stack.enter_async_context(connected(broker))
        app = make_app(name, services, metrics, broker if routers else None, settings.http)
        http = await stack.enter_async_context(Http(app, settings.http))
        log.info("running", services=[service.name for service in services], host=settings.http.host, port=http.port)
        if on_started:
            await on_started(broker)
        await stop.wait()
        log.info("stopping")


async def _enter(stack: AsyncExitStack, services: Sequence[Service]) -> None:
    """Enter the lifespans, those of several services side by side: most of the time goes into loading models."""

    async def enter(service: Service) -> None:
        for lifespan in service.lifespans:
            await stack.enter_async_context(lifespan)

    try:
        async with asyncio.TaskGroup() as group:
            for service in services:
                group.create_task(enter(service))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the others were cancelled because of it


def make_app(
    name: str,
    services: Sequence[Service],
    metrics: Metrics,
    broker: KafkaBroker | None = None,
    http: HttpSettings | None = None,
) -> FastAPI:
    """The HTTP side of services that share a port."""
    checks = {check: look for service in services for check, look in service.checks.items()}
    if broker is not None:
        checks["broker"] = lambda: _answers(broker)
    routers = [router for service in services for router in service.http]
    return web_app(name, routers, checks, metrics.registry, http or HttpSettings())


async def _answers(broker: KafkaBroker) -> None:
    if not await broker.ping(timeout=3):
        raise BrokerUnavailable("the broker does not answer (RUSHES_KAFKA__BOOTSTRAP_SERVERS)")


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def stopping() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)  # a second one ends the process at once

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping)


class Http(uvicorn.Server):
    """uvicorn as a context: it answers once entered, and leaves signals to the process."""

    def __init__(self, app: FastAPI, settings: HttpSettings) -> None:
        connection = cast(Any, partial(PatientConnection, patience_s=settings.patience_s))
        super().__init__(
            uvicorn.Config(
                app,
                settings.host,
                settings.port,
                http=connection,
                h11_max_incomplete_event_size=MOST_HEADERS,
                log_config=None,
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
        self.should_exit = True
        await self._task


def listening(host: str, port: int) -> socket.socket:
    """A socket bound to this address. Raises ConfigurationError where that can't be."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigurationError(
            f"can't listen on {host}:{port}: {error.strerror}; set RUSHES_HTTP__PORT, or --port, to another"
        ) from error
