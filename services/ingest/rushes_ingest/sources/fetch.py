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
"""Addresses of one host to which a connection is tried, one after the other."""
REQUEST_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "rushes"}
"""`identity`, because a compressed body could unpack to any size."""


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that it has resolved and checked itself. TLS still verifies the certificate for the
    host's name."""

    def __init__(self, settings: SourceSettings, resolve: Resolve) -> None:
        self._settings = settings
        self._resolve = resolve
        self._sockets = httpcore.AnyIOBackend()
        self.shown = ""
        """The source's name in errors."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's name
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of the host's addresses. Raises InvalidError unless all of them are allowed."""
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
            # One private address is enough to refuse: which one gets connected to can be influenced from outside.
            raise address_not_allowed(self.shown, host)
        return found


@dataclass(frozen=True)
class WebFetcher:
    """Fetches `https:` URIs, and `http:` ones if that scheme is allowed."""

    policy: UriPolicy
    resolve: Resolve = resolve_host
    tls: Callable[[], ssl.SSLContext] = httpx.create_ssl_context

    async def fetch(self, uri: str) -> AsyncGenerator[bytes, None]:
        """Yield the bytes as they arrive. Raises InvalidError, or FetchFailed if a later attempt may succeed."""
        target = self.policy.web(uri)
        settings = self.policy.settings
        backend = CheckedNetwork(settings, self.resolve)
        tls = await asyncio.to_thread(self.tls)  # reads certificates from disk: 20 ms
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
            raise InvalidError("not_found", f"{redacted(uri)} redirects more than {MAX_REDIRECTS} times")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, ssl.SSLError) as error:
            reason = str(error) or type(error).__name__
            raise FetchFailed(f"{target.shown} can't be fetched: {reason}") from error

    def _redirected(self, target: WebTarget, location: str) -> WebTarget:
        """Return the target of a redirect, checked like any URI. A password is only kept for the same origin."""
        try:
            uri = urljoin(f"{target.scheme}://{target.headers()['Host']}{target.path.decode('ascii')}", location)
        except ValueError:
            raise InvalidError("not_an_address", f"{target.shown} redirects to an invalid URI") from None
        try:
            following = self.policy.web(uri)
        except InvalidError as error:
            raise InvalidError(error.reason, f"{target.shown} redirects to a URI that is refused: {error}") from None
        if target.scheme == "https" and following.scheme != "https":
            sentence = f"{target.shown} redirects from https to {following.scheme}, which anybody on the way can change"
            raise InvalidError("scheme_not_allowed", sentence)
        same = following.origin == target.origin
        return replace(following, userinfo=target.userinfo if same else b"")


async def _response_body(
    pool: httpcore.AsyncConnectionPool, target: WebTarget, settings: SourceSettings
) -> AsyncGenerator[bytes | str, None]:
    """Yield the body of a response, piece by piece; or, for a redirect, its location as a string."""
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    limits = {"connect": settings.connect_s, "pool": settings.connect_s, "read": settings.window_s}
    headers = list((REQUEST_HEADERS | target.headers()).items())
    async with pool.stream("GET", url, headers=headers, extensions={"timeout": limits}) as response:
        received = {name.lower().decode("latin1"): value.decode("latin1") for name, value in response.headers}
        if response.status in REDIRECTS and "location" in received:
            yield received["location"]
            return
        _check_response(response.status, received.get("content-encoding", "identity"), target.shown)
        async for chunk in response.aiter_stream():
            yield chunk


def _check_response(status: int, encoding: str, shown: str) -> None:
    if status in PERMANENT_STATUSES:
        raise InvalidError("not_found", f"{shown} answers {status}")
    if not 200 <= status < 300:
        raise FetchFailed(f"{shown} can't be fetched: it answers {status}")
    if encoding.lower() != "identity":
        raise InvalidError("not_found", f"{shown} answers with the encoding {encoding[:40]!r}, which was not requested")


CHUNK = 1 << 20

STORED_URI = re.compile(r"blob:videos/(?P<video_id>[0-9a-f-]{36})/source")
"""The URI of a video that is already stored."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches the URIs that the policy allows."""

    policy: UriPolicy
    web: WebFetcher

    @classmethod
    def of(cls, policy: UriPolicy) -> "Fetcher":
        """Return a fetcher with the system's resolver and certificate authorities."""
        return cls(policy, WebFetcher(policy))

    def fetch(self, uri: str) -> AsyncGenerator[bytes, None]:
        """Return the bytes behind a `file:`, `s3:`, `https:` or `http:` URI, chunk by chunk.

        Raises InvalidError for a URI that is refused. Iteration raises InvalidError for a permanent failure, and
        FetchFailed for a temporary one or if it takes too long.
        """
        settings, shown = self.policy.settings, redacted(uri)
        scheme = self.policy.scheme(uri)
        if scheme == "file":
            return paced(self._file(uri), shown, settings)
        if scheme == "s3":
            return paced(self._object(uri), shown, settings, PIECE)
        if scheme in ("http", "https"):
            return paced(self.web.fetch(uri), shown, settings)
        raise InvalidError("scheme_not_allowed", f"{shown} has a scheme that can't be fetched")

    async def _file(self, uri: str) -> AsyncGenerator[bytes, None]:
        path = self.policy.file(uri)
        try:
            file = await in_daemon_thread(partial(open_regular, path, self.policy.roots))
            try:
                while chunk := await in_daemon_thread(partial(file.read, CHUNK)):
                    yield chunk
            finally:
                # Closing may block as well, and nothing has to wait for it.
                Thread(target=file.close, daemon=True).start()
        except OSError as error:
            raise FetchFailed(f"{path} can't be read: {error.strerror}") from error

    async def _object(self, uri: str) -> AsyncGenerator[bytes, None]:
        bucket, key = self.policy.bucket_and_key(uri)
        store: Blobs = open_blobs(self.policy.blobs.model_copy(update={"url": f"s3://{bucket}"}))
        try:
            async for chunk in store.stream(key):
                yield chunk
        except BlobMissing:
            raise InvalidError("not_found", f"there is no object {redacted(uri)}") from None
