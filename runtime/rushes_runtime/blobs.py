"""The blob store: the truth about every video. A folder, S3 or memory, by URL."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from rushes_runtime.disk import full
from rushes_runtime.errors import ConfigurationError, TransientError

READ_AHEAD = 4 * 1024 * 1024
"""Bytes that a media reader fetches at a time from a remote store."""
CHUNK = 1024 * 1024
"""Bytes that a stream yields at a time, at least."""
DELETE_AT_ONCE = 32
"""Blobs that are removed at the same time."""


class BlobsUnavailable(TransientError):
    """The store did not answer as it should."""

    reason = "blobs_unavailable"


class BlobMissing(TransientError):
    """No blob has this key; perhaps not yet, perhaps no longer."""

    reason = "blob_missing"


class Blobs:
    """Named bytes. Keys are relative, with `/`; a put is atomic; all methods raise BlobMissing or BlobsUnavailable.

    Cheap to make and to pickle: nothing connects before the first call, so a compute child gets its own.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self._options = options

    def __reduce__(self) -> tuple[Any, ...]:
        return (_make, (self.url, self._options))

    @cached_property
    def _store(self) -> ObjectStore:
        try:
            if self.folder is not None:
                return LocalStore(self.folder, mkdir=True, automatic_cleanup=True)
            return from_url(self.url, **self._options)
        except (BaseError, ValueError, OSError) as error:
            raise ConfigurationError(f"RUSHES_BLOBS__URL {self.url!r} can't be used: {error}") from error

    @cached_property
    def folder(self) -> Path | None:
        """The folder on this machine that holds the blobs, or None where they lie elsewhere."""
        parts = urlsplit(self.url)
        return Path(unquote(parts.path)) if parts.scheme == "file" else None

    async def ready(self) -> None:
        """Return if the store answers and, being a folder, has room; raises BlobsUnavailable if not."""
        async for _ in self.list(".ready"):
            break
        if self.folder is not None and (sentence := await asyncio.to_thread(full, self.folder)):
            raise BlobsUnavailable(sentence)

    async def put(self, key: str, data: bytes | AsyncIterator[bytes], media_type: str | None = None) -> None:
        """Store bytes, or a stream of any length (multipart, bounded memory), under a key, replacing what was there."""
        attributes = {"Content-Type": media_type} if media_type and self.folder is None else None
        with _translated(key):
            await obstore.put_async(self._store, key, data, attributes=attributes)

    def put_now(self, key: str, data: bytes | Iterator[bytes]) -> None:
        """`put` for a compute child, which has no event loop."""
        with _translated(key):
            obstore.put(self._store, key, data)

    def get_now(self, key: str) -> bytes:
        """`get` for a compute child."""
        with _translated(key):
            return bytes(obstore.get(self._store, key).bytes())

    async def get(self, key: str) -> bytes:
        """All bytes of a small blob."""
        with _translated(key):
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes [start, end) of a blob, chunk by chunk."""
        with _translated(key):
            part: Any = (start, end) if end is not None else {"offset": start}
            options: Any = {"range": part} if start or end is not None else {}  # an empty blob has no range
            result = await obstore.get_async(self._store, key, options=options)
            async for chunk in result.stream(CHUNK):
                yield bytes(chunk)

    async def size(self, key: str) -> int:
        """How many bytes a blob has."""
        with _translated(key):
            return (await obstore.head_async(self._store, key))["size"]

    async def exists(self, key: str) -> bool:
        """Whether there is a blob with this key."""
        try:
            await self.size(key)
        except BlobMissing:
            return False
        return True

    async def list(self, prefix: str) -> AsyncIterator[str]:
        """The keys below a prefix, which is a whole path ("videos/1" does not list "videos/10/...")."""
        with _translated(prefix):
            async for chunk in obstore.list(self._store, prefix):
                for entry in chunk:
                    yield entry["path"]

    async def folders(self, prefix: str) -> AsyncIterator[str]:
        """The paths one level below a prefix that have blobs below them."""
        with _translated(prefix):
            listed = await obstore.list_with_delimiter_async(self._store, prefix)
        for path in listed["common_prefixes"]:
            yield path

    async def remove_stale(self, prefix: str, before: datetime) -> int:
        """Remove what lies directly below a prefix and was last written before this time; how many blobs.

        In a folder also what a put left half written whose process was killed, which `list` does not show.
        """
        with _translated(prefix):
            if self.folder is not None:
                return await asyncio.to_thread(_unlink_stale, self.folder / prefix, before)
            listed = await obstore.list_with_delimiter_async(self._store, prefix)
        stale = [entry["path"] for entry in listed["objects"] if entry["last_modified"] < before]
        await self.delete(*stale)
        return len(stale)

    async def rename(self, source: str, target: str) -> None:
        """Give a blob another key, replacing what was there."""
        with _translated(source):
            await obstore.rename_async(self._store, source, target)

    async def delete(self, *keys: str) -> None:
        """Remove blobs; one that is not there is no error."""
        for start in range(0, len(keys), DELETE_AT_ONCE):
            await asyncio.gather(*map(self._delete, keys[start : start + DELETE_AT_ONCE]))

    async def _delete(self, key: str) -> None:
        with suppress(BlobMissing), _translated(key):
            await obstore.delete_async(self._store, key)

    def presigned(self, key: str, expires: timedelta) -> str | None:
        """A link that fetches the blob without credentials for a while, or None where the store has no such thing."""
        if not self.url.startswith("s3://"):
            return None
        with _translated(key):
            return obstore.sign(cast(Any, self._store), "GET", key, expires)

    @contextmanager
    def open(self, key: str) -> Iterator[str | BinaryIO]:
        """A blob for a media reader in a compute child: a path where it is a file, else a seekable reader that
        fetches ranges as they are asked for. Blocks."""
        if self.folder is not None:
            path = self.folder / key
            if not path.is_file():
                raise BlobMissing(f"there is no blob {key}")
            yield str(path)
            return
        with _translated(key):
            reader = obstore.open_reader(self._store, key, buffer_size=READ_AHEAD)
        yield io.BufferedReader(_Raw(reader), buffer_size=1)


class _Raw(io.RawIOBase):
    """obstore's reader, which buffers by itself, as the file object that PyAV wants."""

    def __init__(self, reader: "obstore.ReadableFile") -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = bytes(self._reader.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._reader.seek(offset, whence)

    def tell(self) -> int:
        return self._reader.tell()


def _make(url: str, options: dict[str, Any]) -> Blobs:
    return Blobs(url, **options)


def _unlink_stale(folder: Path, before: datetime) -> int:
    files = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    stale = [path for path in files if path.stat().st_mtime < before.timestamp()]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise BlobMissing(f"there is no blob {key}") from error
    except (BaseError, OSError) as error:
        raise BlobsUnavailable(f"the blob store failed on {key}: {error}") from error
