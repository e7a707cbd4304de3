"""`rushes up`: all of it in one process on this machine, embedded broker and index included."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer
from rich.console import Console

from rushes_cli.local.compose import SERVICES
from rushes_ingest.accepted_uploads import unfinished_uploads
from rushes_runtime import tansu
from rushes_runtime.bus.connect import publishing
from rushes_runtime.bus.consumers import Consumers
from rushes_runtime.bus.dead_store import kept_in_blobs
from rushes_runtime.bus.envelope import envelope_headers
from rushes_runtime.bus.topics import provision
from rushes_runtime.deletion import orders
from rushes_runtime.logs import configure_logs
from rushes_runtime.platform import Platform, open_platform
from rushes_runtime.service import serve
from rushes_runtime.settings import HttpSettings, Settings, load
from rushes_runtime.store_format import require_known_format
from rushes_runtime.web.keys import check_exposure
from rushes_schemas.events import Event
from rushes_schemas.topics import VIDEO_DELETED, VIDEO_UPLOADED, Topic

PARTITIONS = 2
"""One process consumes each topic, so more would only make the broker's work."""
SESSION_TIMEOUT_S = 6.0
"""Tansu lets a group wait for half of this at the start."""
SHUTDOWN_GRACE_S = 4.0
DEFAULT_PORT = 8080
"""Where commands look for an instance unless RUSHES_URL says otherwise."""


def run(data: Path, host: str | None, port: int, grpc_port: int, insecure: bool) -> None:
    """Run until SIGINT or SIGTERM. Raises IndexInUse where another instance has the data, ConfigurationError where
    something does not start."""
    settings = load(Settings)
    said = settings.http
    listen = {"host": host or said.host, "port": port, "grpc_port": grpc_port, "insecure": insecure or said.insecure}
    http = said.model_copy(update=listen)
    check_exposure(http)
    configure_logs(settings.log.model_copy(update={"format": "console"}))
    data = data.expanduser().resolve()
    data.mkdir(parents=True, exist_ok=True)
    asyncio.run(_up(settings, data, http))


async def _up(base: Settings, data: Path, http: HttpSettings) -> None:
    index = f"edge://{data / 'index'}"
    places = base.model_copy(
        update={
            "blobs": base.blobs.model_copy(update={"url": (data / "blobs").as_uri()}),
            "qdrant": base.qdrant.model_copy(update={"url": index}),
            "http": http,
        }
    )
    platform = open_platform(places)
    try:
        await platform.index.ready()  # the data are ours now, or another instance's
        await require_known_format(platform.blobs)
        everything: list[Consumers] = []
        async with tansu.running(lambda: _anew(here, everything)) as broker:
            here = _on(platform, broker)
            await _serve(here, data, everything)
    finally:
        await platform.index.close()


def _on(platform: Platform, broker: str) -> Platform:
    """The platform with the embedded broker."""
    settings = platform.settings
    kafka = settings.kafka.model_copy(
        update={
            "bootstrap_servers": broker,
            "idempotent": False,
            "session_timeout_s": SESSION_TIMEOUT_S,
            "shutdown_grace_s": SHUTDOWN_GRACE_S,
        }
    )
    topics = settings.topics.model_copy(update={"partitions": PARTITIONS, "replication": 1})
    failures = settings.failures.model_copy(update={"dead_letters": "blobs"})
    return Platform(
        settings.model_copy(update={"kafka": kafka, "topics": topics, "failures": failures}),
        platform.blobs,
        platform.index,
        platform.metrics,
    )


async def _serve(platform: Platform, data: Path, everything: list[Consumers]) -> None:
    """Run all services until they are to stop; what consumes is put into `everything` once it does."""
    settings = platform.settings
    await provision(settings.kafka, settings.topics)
    services = [build(platform) for build in SERVICES.values()]
    console = Console(stderr=True)

    async def announce(consumers: Consumers) -> None:
        everything.append(consumers)
        again = await _publish_unfinished(platform)
        host = settings.http.host
        console.print(f"rushes is up: http://{host}:{settings.http.port}  (API at /docs)")
        console.print(f"  gRPC   {host}:{settings.http.grpc_port}")
        console.print(f"  Kafka  {settings.kafka.bootstrap_servers}")
        console.print(f"  data   {data}")
        if again:
            console.print(f"  continuing {again} unfinished {'video' if again == 1 else 'videos'}")
        if settings.http.port != DEFAULT_PORT:
            console.print(f"  for commands: export RUSHES_URL=http://{host}:{settings.http.port}")
        console.print("Ctrl-C stops it.")

    console.print("starting: loading the models ...")
    await serve("up", services, settings, platform.metrics, on_started=announce)


@asynccontextmanager
async def _anew(platform: Platform, everything: list[Consumers]) -> AsyncIterator[None]:
    """While the broker is started again. It comes back with nothing in it and counts from 0 anew, so who read on where
    the old one ended, or committed an offset of its, would miss the first records."""
    for consumers in everything:
        await consumers.stop()
    yield
    await provision(platform.settings.kafka, platform.settings.topics)
    for consumers in everything:
        await consumers.start()
    await _publish_unfinished(platform)


async def _publish_unfinished(platform: Platform) -> int:
    """Publish again what was not finished; how many videos are to be gone on with."""
    again = 0
    async with publishing(platform.settings.kafka) as producer:
        async for deleted in orders(platform.blobs):
            await _publish(producer, VIDEO_DELETED, deleted)
        async for event in unfinished_uploads(platform):
            await _publish(producer, VIDEO_UPLOADED, event)
            again += 1
    if (letters := kept_in_blobs(platform)) is not None:
        await letters.resume()
    return again


async def _publish(producer: AIOKafkaProducer, topic: Topic, event: Event) -> None:
    headers = [(name, value.encode()) for name, value in envelope_headers(topic.name, "up").items()]
    value = event.model_dump_json().encode()
    await producer.send_and_wait(topic.name, value, key=event.key().encode(), headers=headers)
