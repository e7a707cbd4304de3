"""Videos as a tar archive: what the blob store holds of each, under the same names. `tar` packs and unpacks it too.

Nothing of the index is in it: the index is a view, and is made again from the artefacts.
"""

import asyncio
import io
import re
import tarfile
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import IO, Any

from rushes_ingest.store import source_key
from rushes_runtime.artefacts import video_prefix
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError

BLOCK = tarfile.BLOCKSIZE
MEMBER = re.compile(
    r"(?:\./)?(videos/(?P<video>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})/(?P<name>[\w.-]+(/[\w.-]+)*))"
)


async def packed(blobs: Blobs, video_ids: Sequence[str], with_source: bool) -> AsyncIterator[bytes]:
    """The archive of these videos, piece by piece. Raises BlobMissing in the middle where one is deleted meanwhile."""
    for video_id in video_ids:
        for key in await _keys(blobs, video_id, with_source):
            async for piece in _member(blobs, key):
                yield piece
    yield bytes(2 * BLOCK)


async def _keys(blobs: Blobs, video_id: str, with_source: bool) -> list[str]:
    """The note on the bytes comes last, as it is written last: where it is, the video is whole."""
    source = source_key(video_id)
    keys = [key async for key in blobs.list(video_prefix(video_id)) if with_source or key != source]
    return sorted(keys, key=lambda key: (key == f"{source}.json", key))


async def _member(blobs: Blobs, key: str) -> AsyncIterator[bytes]:
    entry = tarfile.TarInfo(key)
    entry.size = size = await blobs.size(key)
    entry.mode = 0o644
    yield entry.tobuf(tarfile.GNU_FORMAT)
    async for piece in blobs.stream(key, 0, size) if size else _nothing():
        yield piece
    yield bytes(-size % BLOCK)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


class Body(io.RawIOBase):
    """A request's body as a file, to be read in a thread while the event loop fetches it."""

    def __init__(self, pieces: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._pieces = pieces
        self._loop = loop
        self._piece = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._piece:
            coming: Future[bytes | None] = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
            piece = coming.result()
            if piece is None:
                return 0
            self._piece = piece
        taken = self._piece[: len(buffer)]
        self._piece = self._piece[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    async def _next(self) -> bytes | None:
        return await anext(self._pieces, None)


@contextmanager
def whole() -> Iterator[None]:
    """Raises InvalidError where an archive that is read meanwhile is none, or ends too early."""
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise InvalidError("not_an_archive", f"the archive can't be read to its end: {error}") from error


def members(body: IO[bytes]) -> Iterator[tuple[str, str, IO[bytes]]]:
    """What an archive holds, one after another: the video's id, the name below it, and the bytes. Blocks.

    Compressed archives are understood. Raises InvalidError for what is no part of a video.
    """
    with tarfile.open(fileobj=body, mode="r|*") as archive:
        for entry in archive:
            if entry.isdir():
                continue
            named = MEMBER.fullmatch(entry.name)
            if not entry.isfile() or named is None or ".." in entry.name.split("/"):
                raise InvalidError("not_an_archive", f"the archive holds {entry.name!r}: no part of a video")
            file = archive.extractfile(entry)
            assert file is not None
            yield named["video"], named["name"], file
