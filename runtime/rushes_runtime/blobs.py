"""The blob store: the truth about every video. A folder, S3 or memory, by URL."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from rushes_runtime.atomic_files import move_synced, write_whole
from rushes_runtime.blob_errors import code_of, explained
from rushes_runtime.blob_keys import check_key, is_temporary, path_of
from rushes_runtime.disk import full
from rushes_runtime.errors import ConfigurationError, SourceError, TransientError
from rushes_runtime.ranged import Ranged
from rushes_schemas.ids import key_fault

log = structlog.stdlib.get_logger("rushes.blobs")

CHUNK = 1024 * 1024
"""Bytes that a stream from a folder yields at a time, at least."""
PIECE = 4 * 1024 * 1024
"""Bytes of one request of a stream from a remote store."""
MOST_COPIED = 5_000_000_000
"""Bytes that S3 copies in one request."""
DELETE_AT_ONCE = 32
"""Blobs that are removed at the same time."""
LISTED_AT_ONCE = 1000
"""Keys of a folder that are held in memory while they are listed."""
INCOMING = "incoming"
"""Bytes that are still arriving lie below this. What a process leaves there that is killed is removed a day later."""


class BlobsUnavailable(TransientError):
    """The store did not answer as it should."""

    reason = "blobs_unavailable"


class BlobMissing(SourceError):
    """No blob has this key; perhaps not yet, perhaps no longer."""

    reason = "blob_missing"


class Blobs:
    """Named bytes. Keys are relative, with `/`. A put is atomic; in a folder, bytes that are put at once, and what is
    renamed, are on the disk when the call returns. All methods raise BlobMissing or BlobsUnavailable, and InvalidError
    for what is no key of this store.

    Cheap to make and to pickle: nothing connects before the first call, so a compute child gets its own.
    """

    def __init__(self, url: str, *, link_s: int = 0, public_endpoint: str | None = None, **options: Any) -> None:
        """`options` are obstore's; `link_s` is how long links hold (0: there are none), `public_endpoint` the address
        that they have where it is another than the services'."""
        self.url = url
        self._link_s = link_s
        self._public_endpoint = public_endpoint
        self._options = options
        self.on_unreadable: Callable[[], object] = lambda: None
        """Called for each blob that is set aside or skipped since it can't be read; the platform counts them."""
        self._skipped: set[str] = set()

    def __reduce__(self) -> tuple[Any, ...]:
        return (_make, (self.url, self._options | {"link_s": self._link_s, "public_endpoint": self._public_endpoint}))

    @cached_property
    def _store(self) -> ObjectStore:
        try:
            if self.folder is not None:
                return LocalStore(self.folder, mkdir=True, automatic_cleanup=True)
            return from_url(self.url, **self._options)
        except (BaseError, ValueError, OSError) as error:
            raise ConfigurationError(f"RUSHES_BLOBS__URL {self.url!r} can't be used: {error}") from error

    @cached_property
    def _signing_store(self) -> ObjectStore:
        if self._public_endpoint is None:
            return self._store
        return from_url(self.url, **(self._options | {"endpoint": self._public_endpoint}))

    @cached_property
    def folder(self) -> Path | None:
        """The folder on this machine that holds the blobs, or None where they lie elsewhere."""
        parts = urlsplit(self.url)
        return Path(unquote(parts.path)) if parts.scheme == "file" else None

    async def ready(self) -> None:
        """Return if the store answers and, being a folder, has room; raises BlobsUnavailable if not."""
        async for _ in self.list(".ready"):
            break
        if self.folder is None:
            return
        with self._translated(".ready"):
            self.folder.mkdir(parents=True, exist_ok=True)  # the store of a first start
        if sentence := await asyncio.to_thread(full, self.folder):
            raise BlobsUnavailable(sentence)

    async def put(self, key: str, data: bytes | AsyncIterator[bytes], media_type: str | None = None) -> None:
        """Store bytes, or a stream of any length (multipart, bounded memory), under a key, replacing what was there."""
        if self.folder is not None and isinstance(data, bytes):
            await asyncio.to_thread(self._write, key, data)
            return
        attributes = {"Content-Type": media_type} if media_type and self.folder is None else None
        with self._translated(key):
            await obstore.put_async(self._store, key, data, attributes=attributes)

    def put_now(self, key: str, data: bytes | Iterator[bytes]) -> None:
        """`put` for a compute child, which has no event loop."""
        if self.folder is not None and isinstance(data, bytes):
            self._write(key, data)
            return
        with self._translated(key):
            obstore.put(self._store, key, data)

    def _write(self, key: str, data: bytes) -> None:
        """Write a blob of a folder; obstore would not flush it to the disk."""
        assert self.folder is not None
        with self._translated(key):
            write_whole(self.folder / key, data, self.folder / INCOMING)

    def get_now(self, key: str) -> bytes:
        """`get` for a compute child."""
        with self._translated(key):
            return bytes(obstore.get(self._store, key).bytes())

    async def get(self, key: str) -> bytes:
        """All bytes of a small blob."""
        with self._translated(key):
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes [start, end) of a blob, chunk by chunk. From a remote store each chunk is a request of its own, so
        that who reads slowly does not run into its time limit."""
        if self.folder is None:
            last = await self.size(key) if end is None else end
            for at in range(start, last, PIECE):
                with self._translated(key):
                    piece = await obstore.get_range_async(self._store, key, start=at, end=min(last, at + PIECE))
                yield bytes(piece)
            return
        with self._translated(key):
            part: Any = (start, end) if end is not None else {"offset": start}
            options: Any = {"range": part} if start or end is not None else {}  # an empty blob has no range
            result = await obstore.get_async(self._store, key, options=options)
            async for chunk in result.stream(CHUNK):
                yield bytes(chunk)

    async def size(self, key: str) -> int:
        """How many bytes a blob has."""
        with self._translated(key):
            return (await obstore.head_async(self._store, key))["size"]

    async def exists(self, key: str) -> bool:
        """Whether there is a blob with this key."""
        try:
            await self.size(key)
        except BlobMissing:
            return False
        return True

    async def list(self, prefix: str) -> AsyncIterator[str]:
        """The keys below a prefix, which is a whole path ("videos/1" does not list "videos/10/..."). What lies there
        under a name that is no key is skipped."""
        with self._translated(prefix):
            if self.folder is not None:
                found = self._walked(prefix)
                while keys := await asyncio.to_thread(_taken, found):
                    for key in keys:
                        yield key
                return
            async for chunk in obstore.list(self._store, prefix):
                for entry in chunk:
                    if self._is_key(entry["path"]):
                        yield entry["path"]

    async def folders(self, prefix: str) -> AsyncIterator[str]:
        """The paths one level below a prefix that have blobs below them, as `list` has them."""
        with self._translated(prefix):
            if self.folder is not None:
                below = await asyncio.to_thread(lambda: [*self._walked_once(prefix)])
                paths = [path for path, is_folder in below if is_folder]
            else:
                listed = await obstore.list_with_delimiter_async(self._store, prefix)
                paths = [path for path in listed["common_prefixes"] if self._is_key(path)]
        for path in paths:
            yield path

    def _walked(self, prefix: str) -> Iterator[str]:
        """The keys below a prefix of a folder. obstore would list nothing where a single name is no key."""
        for key, is_folder in self._walked_once(prefix):
            if not is_folder:
                yield key
                continue
            try:
                yield from self._walked(key)
            except OSError as error:
                self.skip(key, str(error))

    def _walked_once(self, prefix: str) -> Iterator[tuple[str, bool]]:
        """What lies directly below a prefix of a folder, and whether it is a folder itself. Links to folders are not
        followed."""
        assert self.folder is not None
        try:
            with os.scandir(self.folder / prefix) as found:
                entries = [*found]
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            is_shown = is_folder or entry.is_symlink() or entry.is_file()
            if is_shown and not is_temporary(entry.name) and self._is_key(key := f"{prefix}/{entry.name}"):
                yield key, is_folder

    def _is_key(self, key: str) -> bool:
        """Whether what lies in the store can be asked for; else it is skipped."""
        if fault := key_fault(key):
            self.skip(key, f"its name is no key of the blob store: {fault}")
        return not fault

    def skip(self, key: str, reason: str) -> None:
        """Tell once of something in the store that is passed over and stays as it is, and count it."""
        if key not in self._skipped:
            self._skipped.add(key)
            self.on_unreadable()
            log.error("a stored file is left as it is", key=key if key.isprintable() else repr(key), reason=reason)

    async def remove_stale(self, prefix: str, before: datetime) -> int:
        """Remove what lies directly below a prefix and was last written before this time; how many blobs.

        In a folder also what a put left half written whose process was killed, which `list` does not show.
        """
        with self._translated(prefix):
            if self.folder is not None:
                return await asyncio.to_thread(_unlink_stale, self.folder / prefix, before)
            listed = await obstore.list_with_delimiter_async(self._store, prefix)
        stale = [entry["path"] for entry in listed["objects"] if entry["last_modified"] < before]
        await self.delete(*stale)
        return len(stale)

    async def rename(self, source: str, target: str) -> None:
        """Give a blob another key, replacing what was there."""
        if self.folder is None and await self.size(source) > MOST_COPIED:
            await self.put(target, self.stream(source))
            await self.delete(source)
            return
        with self._translated(target), self._translated(source, follow=False):
            if self.folder is not None:
                await asyncio.to_thread(move_synced, self.folder / source, self.folder / target)
            else:
                await obstore.rename_async(self._store, source, target)

    async def delete(self, *keys: str) -> None:
        """Remove blobs; one that is not there is no error."""
        for start in range(0, len(keys), DELETE_AT_ONCE):
            await asyncio.gather(*map(self._delete, keys[start : start + DELETE_AT_ONCE]))

    async def _delete(self, key: str) -> None:
        with suppress(BlobMissing), self._translated(key, follow=False):
            await obstore.delete_async(self._store, key)

    def link(self, key: str) -> str | None:
        """A link by which anybody may fetch the blob from the store for a while; None where that is not set, or where
        the store has no such thing."""
        if not self._link_s or not self.url.startswith("s3://"):
            return None
        with self._translated(key):
            return obstore.sign(cast(Any, self._signing_store), "GET", key, timedelta(seconds=self._link_s))

    @contextmanager
    def _translated(self, key: str, *, follow: bool = True) -> Iterator[None]:
        """Around every use of a key: it is one of this store, and what goes wrong is told in our own errors."""
        if self.folder is None:
            check_key(key)
        else:
            path_of(self.folder, key, follow=follow)
        try:
            yield
        except (BaseError, OSError) as error:
            is_missing = isinstance(error, NotFoundError | FileNotFoundError)
            if is_missing and code_of(error) != "NoSuchBucket":
                raise BlobMissing(f"there is no blob {key}") from error
            raise BlobsUnavailable(explained(self.url, self._options.get("endpoint"), key, error)) from error

    @contextmanager
    def open(self, key: str) -> Iterator[str | BinaryIO]:
        """A blob for a media reader in a compute child: a path where it is a file, else a seekable reader that
        fetches ranges as they are read, each once. Blocks."""
        if self.folder is not None:
            path = path_of(self.folder, key)
            if not path.is_file():
                raise BlobMissing(f"there is no blob {key}")
            yield str(path)
            return
        with self._translated(key):
            size = obstore.head(self._store, key)["size"]

        def fetch(start: int, end: int) -> bytes:
            with self._translated(key):
                return bytes(obstore.get_range(self._store, key, start=start, end=end))

        yield io.BufferedReader(Ranged(size, fetch), buffer_size=1)


def _make(url: str, options: dict[str, Any]) -> Blobs:
    return Blobs(url, **options)


def _taken(keys: Iterator[str]) -> list[str]:
    """The next keys of a listing; none at its end."""
    return [*islice(keys, LISTED_AT_ONCE)]


def _unlink_stale(folder: Path, before: datetime) -> int:
    files = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    stale = [path for path in files if path.stat().st_mtime < before.timestamp()]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)
