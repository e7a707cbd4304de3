"""A TLS server on loopback that answers as a test says, and what it was asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address, ip_network

import trustme

from rushes_ingest.settings import SourceSettings
from rushes_ingest.sources.addresses import Address
from rushes_ingest.sources.fetch import WebFetcher
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_runtime.settings import BlobSettings

HERE = IPv4Address("127.0.0.1")
Answer = bytes | Callable[[asyncio.StreamWriter], None]


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]).encode() + body


def led_on(location: str) -> bytes:
    """A redirect."""
    return whole(b"", f"Location: {location}", status="302 Found")


@dataclass
class WebServer:
    """Answers by path, over TLS or without, and knows what it was asked."""

    answers: Mapping[str, Answer]
    authority: trustme.CA
    names: tuple[str, ...]
    with_tls: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    """The headers of each request, and its path as `path`."""
    named: list[str | None] = field(default_factory=list)
    """The server's names that TLS clients asked for."""
    port: int = 0
    _open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["WebServer"]:
        server = await asyncio.start_server(self._connected, str(HERE), 0, ssl=self._tls() if self.with_tls else None)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task, writer in self._open.items():
                writer.transport.abort()
                await asyncio.wait([task])

    def _tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*self.names).configure_cert(context)
        context.sni_callback = lambda _, name, __: self.named.append(name)
        return context

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                path = lines[0].split()[1]
                pairs = (line.split(": ", 1) for line in lines[1:] if line)
                self.asked.append({"path": path} | {name.lower(): value for name, value in pairs})
                answer = self.answers[path]
                if callable(answer):
                    answer(writer)
                else:
                    writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


class Resolver:
    """Answers with each of the given addresses in turn, the last one for ever; and knows what it was asked."""

    def __init__(self, *answers: str) -> None:
        self._answers = [[ip_address(each) for each in answer.split()] for answer in answers]
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def sources(**settings: object) -> UriPolicy:
    """Sources with these settings, of a service that others reach."""
    return UriPolicy(SourceSettings.model_validate(settings), BlobSettings(), is_private=False)


def reaching(server: WebServer, resolve: Resolver, **settings: object) -> WebFetcher:
    """What fetches from a server, whose loopback address alone is allowed."""
    given = {"ports": (server.port,), "private_addresses": (ip_network(HERE),)} | settings
    return WebFetcher(sources(**given), resolve, lambda: _trusting(server.authority))


def _trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def read(web: WebFetcher, uri: str) -> bytes:
    """All that is behind a URI."""
    return b"".join([chunk async for chunk in web.fetch(uri)])
