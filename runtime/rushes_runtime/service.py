"""What a service is made of, and how one or several of them run in a process."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI
from faststream.kafka import KafkaBroker

from rushes_runtime.bus.connect import make_broker
from rushes_runtime.bus.consumers import Consumers, consuming
from rushes_runtime.bus.preflight import needed_topics, preflight
from rushes_runtime.bus.stage import Stage
from rushes_runtime.checks import Check
from rushes_runtime.errors import BrokerUnavailable
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import open_blobs
from rushes_runtime.settings import HttpSettings, Settings
from rushes_runtime.store_format import require_known_format
from rushes_runtime.web.app import web_app
from rushes_runtime.web.gate import Gate
from rushes_runtime.web.keys import check_exposure
from rushes_runtime.web.server import Http
from rushes_runtime.web.wrong_keys import WrongKeys
from rushes_schemas.topics import SERVICES, dead_letter_topic, retry_topic

PLACES = ("blobs", "index")
"""Checks by these names look at what must be there before a service starts."""

log = structlog.stdlib.get_logger("rushes.service")


@dataclass(frozen=True)
class Service:
    """One service, composed but not started: nothing connects and no model is loaded before it runs.

    `lifespans` are entered in their order before anything is consumed or answered (a model loads, a gRPC server
    starts) and left in the opposite order after the last record is settled.
    """

    name: str
    stages: Sequence[Stage] = ()
    http: Sequence[APIRouter] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    lifespans: Sequence[AbstractAsyncContextManager[object]] = ()
    wrong_keys: WrongKeys | None = None
    """The wrong keys that a server among `lifespans` counts; HTTP counts there too."""


async def serve(
    name: str,
    services: Sequence[Service],
    settings: Settings,
    metrics: Metrics,
    *,
    on_started: Callable[[Consumers], Awaitable[None]] | None = None,
) -> None:
    """Run services in this process, on one HTTP port, until SIGINT or SIGTERM.

    Stopping finishes the records in hand within RUSHES_KAFKA__SHUTDOWN_GRACE_S; what is not done then was not
    committed, and is done again. A second signal ends the process at once. `on_started` is awaited once everything
    runs. Services without stages need no broker.
    Raises ConfigurationError or TransientError where something does not start.
    """
    if any(service.http for service in services) and check_exposure(settings.http):
        log.warning("INSECURE: everybody who reaches this machine may read, write and delete", host=settings.http.host)
    stop = asyncio.Event()
    _on_signals(stop)
    async with AsyncExitStack() as stack:
        if await _unless(stop, _start(stack, name, services, settings, metrics, on_started)):
            await stop.wait()
        log.info("stopping")


async def _start(
    stack: AsyncExitStack,
    name: str,
    services: Sequence[Service],
    settings: Settings,
    metrics: Metrics,
    on_started: Callable[[Consumers], Awaitable[None]] | None,
) -> None:
    stages = [stage for service in services for stage in service.stages]
    broker = make_broker(settings.kafka, name, metrics, [stage.router for stage in stages])
    gate = Gate(make_app(name, services, metrics, broker if stages else None, settings.http))
    http = await stack.enter_async_context(Http(gate, settings.http))
    try:
        if stages:
            await preflight(settings.kafka, settings.topics, needed_topics(broker) | _own_topics(services))
        for look in {name: look for name, look in _checks(services).items() if name in PLACES}.values():
            await look()
        if any("blobs" in service.checks for service in services):
            await require_known_format(open_blobs(settings.blobs))
        await _enter(stack, services)
        consumers = await stack.enter_async_context(consuming(broker, stages, settings.kafka)) if stages else None
    except KafkaError as error:
        raise BrokerUnavailable(f"the broker at {settings.kafka.bootstrap_servers} is lost again: {error!r}") from error
    stack.push_async_callback(http.stop)  # requests end before what they need does
    gate.closed = None
    log.info("running", services=[service.name for service in services], host=settings.http.host, port=http.port)
    if on_started and consumers:
        await on_started(consumers)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work, unless it is to stop first: then it is cancelled. Whether it was done; raises what it raises."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    for task in (working, stopping):
        task.cancel()
    await asyncio.wait((working, stopping))
    if working.cancelled():
        return False
    working.result()
    return True


def _own_topics(services: Sequence[Service]) -> set[str]:
    """Where they put what they could not do."""
    names = [service.name for service in services if service.name in SERVICES]
    return {topic(name) for name in names for topic in (retry_topic, dead_letter_topic)}


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
    checks = _checks(services)
    if broker is not None:
        checks["broker"] = lambda: _answers(broker)
    routers = [router for service in services for router in service.http]
    wrong_keys = next((service.wrong_keys for service in services if service.wrong_keys), None)
    return web_app(name, routers, checks, metrics.registry, http or HttpSettings(), wrong_keys)


def _checks(services: Sequence[Service]) -> dict[str, Check]:
    """Those of all services; what several look at is looked at once."""
    return {name: look for service in services for name, look in service.checks.items()}


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
