"""All HTTP routes and the gRPC calls behind the real servers, in a thread of their own, for tests that send bytes."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from prometheus_client import CollectorRegistry
from tests.query.films import fill

from rushes_catalog.api import dead_letter_routes, reindex_routes
from rushes_catalog.reindex import Reindexer
from rushes_catalog.replay import Publishers
from rushes_models.registry import image_text_encoder, text_encoder
from rushes_query.app import build
from rushes_query.grpc.server import GrpcServer
from rushes_query.settings import QuerySettings, Settings
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.dead import DeadLetters
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.settings import HttpSettings, KafkaSettings
from rushes_runtime.web.app import web_app
from rushes_runtime.web.server import Http
from rushes_schemas.stages import REPLAYABLE

from .ingest_door import ingest_routers

NOBODY = KafkaSettings(bootstrap_servers="127.0.0.1:1", connect_timeout_s=0.1)
"""No broker: what would ask one is answered 503."""


@dataclass
class Doors:
    """Where they listen, and what was published through them."""

    blobs: Blobs
    loop: asyncio.AbstractEventLoop
    events: list[Any] = field(default_factory=list)
    port: int = 0
    grpc_port: int = 0

    async def publish(self, event: Any) -> None:
        self.events.append(event)

    def run(self, work: Awaitable[Any]) -> Any:
        """Await something in the servers' thread."""

        async def waited() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(waited(), self.loop).result(30)


@contextmanager
def doors_in(folder: Path) -> Iterator[Doors]:
    """Open them, over the library of the query tests."""
    opened: Future[Doors] = Future()
    close = Event()
    thread = Thread(target=lambda: asyncio.run(_serve(folder, opened, close)), daemon=True)
    thread.start()
    try:
        yield opened.result(60)
    finally:
        close.set()
        thread.join(30)


async def _serve(folder: Path, opened: "Future[Doors]", close: Event) -> None:
    try:
        async with AsyncExitStack() as stack:
            opened.set_result(await _open(folder, stack))
            await asyncio.to_thread(close.wait)
    except BaseException as error:
        if not opened.done():
            opened.set_exception(error)
        raise


async def _open(folder: Path, stack: AsyncExitStack) -> Doors:
    texts, images = text_encoder("use-multilingual-v3"), image_text_encoder("conse-efficientnet-lite2", threads=1)
    http = HttpSettings(port=0, grpc_port=0)
    platform = Platform(
        Settings(http=http, kafka=NOBODY),
        Blobs((folder / "blobs").as_uri()),
        EdgeIndex(folder / "index"),
        Metrics(),
    )
    stack.push_async_callback(platform.index.close)
    await fill(platform.index, platform.blobs, texts, images)
    doors = Doors(platform.blobs, asyncio.get_running_loop())
    query = build(platform, QuerySettings(), texts, images)
    for lifespan in query.lifespans:
        entered = await stack.enter_async_context(lifespan)
        if isinstance(entered, GrpcServer):
            doors.grpc_port = entered.port or 0
    routers = [*ingest_routers(doors.blobs, doors.publish), *catalog_routers(platform, doors.publish), *query.http]
    app = web_app("doors", routers, {}, CollectorRegistry(), http)
    doors.port = (await stack.enter_async_context(Http(app, http))).port
    return doors


def catalog_routers(platform: Platform, publish: Callable[[Any], Awaitable[None]]) -> list[Any]:
    """The routes of the catalog."""
    publishers: Publishers = dict.fromkeys(REPLAYABLE, publish)
    return [
        dead_letter_routes(DeadLetters(platform.settings.kafka, platform.blobs)),
        reindex_routes(platform, Reindexer(platform, publish), publishers),
    ]


@dataclass(frozen=True)
class Answer:
    """What came back over the socket."""

    status: int
    headers: dict[str, str]
    body: bytes


def send(port: int, data: bytes, *, head: bool = False) -> Answer:
    """Send bytes on a connection of their own; the first answer. Raises TimeoutError where none comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # answered before all of it was read
            connection.sendall(data)
        with connection.makefile("rb") as file:
            status = file.readline()
            headers = {}
            while (line := file.readline().strip()) != b"":
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            length = int(headers.get("content-length", "0"))
            body = b"" if head else file.read(length)
    assert status.startswith(b"HTTP/1.1 "), (status, data[:300])
    return Answer(int(status.split()[1]), headers, body)


def request(method: str, target: bytes, headers: list[tuple[bytes, bytes]] | None = None, body: bytes = b"") -> bytes:
    """A request as it goes over the line; nothing of it is checked."""
    given = [*(headers or [])]
    if body and not any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in given):
        given.append((b"Content-Length", str(len(body)).encode()))
    lines = [b"%s %s HTTP/1.1" % (method.encode(), target), b"Host: 127.0.0.1", b"Connection: close"]
    return b"\r\n".join([*lines, *(b"%s: %s" % pair for pair in given), b"", body])
