"""A URI to its bytes, chunk by chunk. One function per scheme; what may be read is decided before anything is."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from rushes_ingest.settings import IngestSettings
from rushes_runtime.blobs import BlobMissing, Blobs
from rushes_runtime.errors import InvalidError, SourceError
from rushes_runtime.platform import open_blobs
from rushes_runtime.settings import BlobSettings

CHUNK = 1 << 20
TIMEOUT = httpx.Timeout(30, read=60)
GONE = frozenset({400, 401, 403, 404, 405, 410, 451})

STORED = re.compile(r"blob:videos/(?P<video_id>[0-9a-f-]{36})/source")
"""The URI of a video that is in the blob store already."""


class FetchFailed(SourceError):
    """The bytes can't be had for now."""

    reason = "fetch_failed"


def allow(uri: str, settings: IngestSettings) -> None:
    """Raise InvalidError unless the settings allow to read this URI."""
    scheme = urlsplit(uri).scheme or "(none)"
    if scheme not in settings.allowed_schemes:
        allowed = ", ".join(settings.allowed_schemes)
        raise InvalidError("scheme_not_allowed", f"{uri} has the scheme {scheme}; allowed are {allowed}")
    if scheme == "file" and settings.file_roots:
        path = _path(uri).resolve()
        if not any(path.is_relative_to(Path(root).resolve()) for root in settings.file_roots):
            raise InvalidError("outside_roots", f"{uri} lies outside the folders in RUSHES_INGEST__FILE_ROOTS")


def fetch(uri: str, settings: BlobSettings) -> AsyncGenerator[bytes, None]:
    """The bytes behind a `file:`, `s3:` or `https:` URI.

    Iterating raises InvalidError where there is nothing to be had, FetchFailed where that may change.
    """
    scheme = urlsplit(uri).scheme
    if scheme == "file":
        return _from_file(uri)
    if scheme == "s3":
        return _from_s3(uri, settings)
    if scheme in ("http", "https"):
        return _from_web(uri)
    raise InvalidError("scheme_not_allowed", f"{uri} has a scheme that nothing can be fetched from")


async def _from_file(uri: str) -> AsyncGenerator[bytes, None]:
    try:
        with await asyncio.to_thread(_path(uri).open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk
    except FileNotFoundError:
        raise InvalidError("not_found", f"there is no file {_path(uri)}") from None
    except (IsADirectoryError, PermissionError, ValueError) as error:
        raise InvalidError("unreadable", f"{_path(uri)} can't be read: {error}") from error
    except OSError as error:
        raise FetchFailed(f"{_path(uri)} can't be read: {error.strerror}") from error


async def _from_s3(uri: str, settings: BlobSettings) -> AsyncGenerator[bytes, None]:
    parts = urlsplit(uri)
    bucket: Blobs = open_blobs(settings.model_copy(update={"url": f"s3://{parts.netloc}"}))
    try:
        async for chunk in bucket.stream(parts.path.lstrip("/")):
            yield chunk
    except BlobMissing:
        raise InvalidError("not_found", f"there is no object {uri}") from None


async def _from_web(uri: str) -> AsyncGenerator[bytes, None]:
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=True, max_redirects=5) as client,
            client.stream("GET", uri) as response,
        ):
            if response.status_code in GONE:
                raise InvalidError("not_found", f"{uri} answers {response.status_code}")
            response.raise_for_status()
            async for chunk in response.aiter_bytes(CHUNK):
                yield chunk
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise InvalidError("not_found", f"{uri} is no address: {error}") from error
    except httpx.HTTPError as error:
        raise FetchFailed(f"{uri} can't be fetched: {error}") from error


def _path(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))
