"""A URI to its bytes, chunk by chunk. What may be read is decided in `sources`, how long it may take in `pace`."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from threading import Thread

from rushes_ingest.sources.files import open_regular
from rushes_ingest.sources.pace import FetchFailed, in_daemon_thread, paced
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.sources.web import WebFetcher
from rushes_runtime.blobs import PIECE, BlobMissing, Blobs
from rushes_runtime.errors import InvalidError
from rushes_runtime.platform import open_blobs
from rushes_schemas.uris import redacted

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
