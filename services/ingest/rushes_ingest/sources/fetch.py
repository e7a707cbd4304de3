"""Reading the bytes behind a URI, chunk by chunk.

`uri_policy` decides what may be read, and `pace` how long it may take. For web URIs, each host's addresses are looked
up here and checked, and the connection goes to the addresses that were checked. Proxies from the environment are not
used: they would look names up again, unchecked.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from threading import Thread
from urllib.parse import urljoin

import httpcore
import httpx

from rushes_ingest.settings import SourceSettings
from rushes_ingest.sources.addresses import Address, Resolve, is_refused, parse_address, resolve_host
from rushes_ingest.sources.files import open_regular
from rushes_ingest.sources.pace import FetchFailed, in_daemon_thread, paced
from rushes_ingest.sources.uri_policy import UriPolicy, WebTarget, address_not_allowed
from rushes_runtime.blobs import PIECE, BlobMissing, Blobs
from rushes_runtime.errors import InvalidError
from rushes_runtime.platform import open_blobs
from rushes_schemas.uris import redacted

PERMANENT_STATUSES = frozenset({400, 401, 403, 404, 405, 410, 451})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5
MAX_ADDRESSES = 4
"""Addresses of one host that are connected to, one after the other."""
REQUEST_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "rushes"}
"""Bytes as they are: what is compressed could unpack to any size."""


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that it looked up and judged itself. TLS goes on with the host's name, which the
    certificate has to bear."""

    def __init__(self, settings: SourceSettings, resolve: Resolve) -> None:
        self._settings = settings
        self._resolve = resolve
        self._sockets = httpcore.AnyIOBackend()
        self.shown = ""
        """What errors call the source."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's name
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises InvalidError unless every address of the host may be fetched from."""
        failure: Exception | None = None
        for address in (await self._addresses(host, port))[:MAX_ADDRESSES]:
            try:
                return await self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def _addresses(self, host: str, port: int) -> list[Address]:
        known = parse_address(host)
        try:
            async with asyncio.timeout(self._settings.connect_s):
                found = [known] if known is not None else await self._resolve(host, port)
        except (OSError, UnicodeError) as error:  # TimeoutError is one
            raise httpcore.ConnectError(
                f"the addresses of {host} can't be looked up: {error or 'no answer'}"
            ) from error
        if any(is_refused(address, self._settings.private_addresses) for address in found):
            raise address_not_allowed(self.shown, host)
        return found


@dataclass(frozen=True)
class WebFetcher:
    """Fetches `https:` URIs, and `http:` ones where that is allowed."""

    sources: UriPolicy
    resolve: Resolve = resolve_host
    tls: Callable[[], ssl.SSLContext] = httpx.create_ssl_context

    async def fetch(self, uri: str) -> AsyncGenerator[bytes, None]:
        """The bytes as they come. Raises InvalidError for what is refused or not there, FetchFailed for what may
        change."""
        target = self.sources.web(uri)
        settings = self.sources.settings
        backend = CheckedNetwork(settings, self.resolve)
        tls = await asyncio.to_thread(self.tls)  # reads the authorities' certificates: 20 ms
        try:
            async with httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=backend) as pool:
                for _ in range(MAX_REDIRECTS + 1):
                    backend.shown = target.shown
                    async with aclosing(_response_body(pool, target, settings)) as answer:
                        async for piece in answer:
                            if isinstance(piece, str):
                                target = self._redirected(target, piece)
                                break
                            yield piece
                        else:
                            return
            raise InvalidError("not_found", f"{redacted(uri)} leads on more than {MAX_REDIRECTS} times")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, ssl.SSLError) as error:
            said = str(error) or type(error).__name__
            raise FetchFailed(f"{target.shown} can't be fetched: {said}") from error

    def _redirected(self, target: WebTarget, location: str) -> WebTarget:
        """Where an answer leads on to, judged like any URI. A password goes only to the host that it is for."""
        try:
            uri = urljoin(f"{target.scheme}://{target.headers()['Host']}{target.path.decode('ascii')}", location)
        except ValueError:
            raise InvalidError("not_an_address", f"{target.shown} leads on to what is no address") from None
        try:
            following = self.sources.web(uri)
        except InvalidError as error:
            raise InvalidError(error.reason, f"{target.shown} leads on: {error}") from None
        same = following.origin == target.origin
        return replace(following, userinfo=target.userinfo if same else b"")


async def _response_body(
    pool: httpcore.AsyncConnectionPool, target: WebTarget, settings: SourceSettings
) -> AsyncGenerator[bytes | str, None]:
    """The body of an answer, piece by piece; or where it leads on to, as text."""
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    limits = {"connect": settings.connect_s, "pool": settings.connect_s, "read": settings.window_s}
    headers = list((REQUEST_HEADERS | target.headers()).items())
    async with pool.stream("GET", url, headers=headers, extensions={"timeout": limits}) as response:
        said = {name.lower().decode("latin1"): value.decode("latin1") for name, value in response.headers}
        if response.status in REDIRECTS and "location" in said:
            yield said["location"]
            return
        _check_response(response.status, said.get("content-encoding", "identity"), target.shown)
        async for chunk in response.aiter_stream():
            yield chunk


def _check_response(status: int, encoding: str, shown: str) -> None:
    if status in PERMANENT_STATUSES:
        raise InvalidError("not_found", f"{shown} answers {status}")
    if not 200 <= status < 300:
        raise FetchFailed(f"{shown} can't be fetched: it answers {status}")
    if encoding.lower() != "identity":
        raise InvalidError("not_found", f"{shown} answers in the encoding {encoding[:40]!r}, which was not asked for")


CHUNK = 1 << 20

STORED_URI = re.compile(r"blob:videos/(?P<video_id>[0-9a-f-]{36})/source")
"""The URI of a video that is in the blob store already."""


@dataclass(frozen=True)
class Fetcher:
    """Reads what the installation's sources allow."""

    sources: UriPolicy
    web: WebFetcher

    @classmethod
    def of(cls, sources: UriPolicy) -> "Fetcher":
        """With the system's resolver and authorities."""
        return cls(sources, WebFetcher(sources))

    def fetch(self, uri: str) -> AsyncGenerator[bytes, None]:
        """The bytes behind a `file:`, `s3:`, `https:` or `http:` URI.

        Raises InvalidError for a URI that is refused. Iterating raises InvalidError where there is nothing to be had,
        FetchFailed where that may change or where it takes too long.
        """
        settings, shown = self.sources.settings, redacted(uri)
        scheme = self.sources.scheme(uri)
        if scheme == "file":
            return paced(self._file(uri), shown, settings)
        if scheme == "s3":
            return paced(self._object(uri), shown, settings, PIECE)
        if scheme in ("http", "https"):
            return paced(self.web.fetch(uri), shown, settings)
        raise InvalidError("scheme_not_allowed", f"{shown} has a scheme that nothing can be fetched from")

    async def _file(self, uri: str) -> AsyncGenerator[bytes, None]:
        path = self.sources.file(uri)
        try:
            file = await in_daemon_thread(partial(open_regular, path, self.sources.roots))
            try:
                while chunk := await in_daemon_thread(partial(file.read, CHUNK)):
                    yield chunk
            finally:
                Thread(target=file.close, daemon=True).start()  # to close may block too, and nobody waits for it
        except OSError as error:
            raise FetchFailed(f"{path} can't be read: {error.strerror}") from error

    async def _object(self, uri: str) -> AsyncGenerator[bytes, None]:
        bucket, key = self.sources.bucket_and_key(uri)
        store: Blobs = open_blobs(self.sources.blobs.model_copy(update={"url": f"s3://{bucket}"}))
        try:
            async for chunk in store.stream(key):
                yield chunk
        except BlobMissing:
            raise InvalidError("not_found", f"there is no object {uri}") from None
