"""Bytes into the blob store, hashed on the way and never whole in memory."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from pydantic import BaseModel

from rushes_runtime.artefacts import read, video_prefix, write
from rushes_runtime.blobs import INCOMING, Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.deletion import refuse_while_deleting
from rushes_runtime.errors import InvalidError
from rushes_schemas.ids import blob_uri, video_id

KEPT = timedelta(days=1)
"""What arrived no further for so long was left by a process that was killed."""

IS_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Source(BaseModel):
    """A stored video: what its bytes are. Lies beside them as `source.json`."""

    video_id: str
    sha256: str
    size_bytes: int
    stored_at: int = 0
    """When the bytes were last sent, in ms since the Unix epoch. A deletion before that is none of theirs."""

    @property
    def key(self) -> str:
        """Where the bytes lie."""
        return source_key(self.video_id)

    @property
    def uri(self) -> str:
        """The same as a `blob:` URI."""
        return blob_uri(self.key)


def source_key(video: str) -> str:
    """Where the bytes of a video lie."""
    return f"{video_prefix(video)}/source"


async def find_source(blobs: Blobs, video: str) -> Source | None:
    """What is stored of a video, or None where nothing is; and of what is no id, nothing is."""
    if not IS_ID.fullmatch(video):
        return None
    return await read(blobs, source_key(video) + ".json", Source)


async def store(
    blobs: Blobs, chunks: AsyncIterator[bytes], name: str, max_size: int, sent_at: int | None = None
) -> Source:
    """Store a video's bytes under its id, which is a function of them. `name` is what errors call it; `sent_at` is when
    they were sent, where that is not now.

    Raises InvalidError: `empty`, or `too_large` as soon as it is; and BeingDeleted.
    """
    incoming = f"{INCOMING}/{uuid4()}"
    digest = hashlib.sha256()
    size = 0

    async def hashed() -> AsyncIterator[bytes]:
        nonlocal size
        async for chunk in chunks:
            size += len(chunk)
            if size > max_size:
                raise InvalidError("too_large", f"{name} is larger than the limit of {max_size:,} bytes")
            digest.update(chunk)
            yield chunk

    try:
        await blobs.put(incoming, hashed())
        if not size:
            raise InvalidError("empty", f"{name} is empty")
        sha256 = digest.hexdigest()
        at = now_ms() if sent_at is None else sent_at
        source = Source(video_id=video_id(sha256), sha256=sha256, size_bytes=size, stored_at=at)
        return await _settle(blobs, incoming, source)
    finally:
        await blobs.delete(incoming)


async def adopt(blobs: Blobs, key: str) -> Source:
    """Store bytes that already lie in the blob store, under another key, without copying them. Raises BeingDeleted."""
    digest = hashlib.sha256()
    size = 0
    async for chunk in blobs.stream(key):
        await asyncio.to_thread(digest.update, chunk)
        size += len(chunk)
    sha256 = digest.hexdigest()
    source = Source(video_id=video_id(sha256), sha256=sha256, size_bytes=size, stored_at=now_ms())
    return await _settle(blobs, key, source)


@asynccontextmanager
async def swept(blobs: Blobs) -> AsyncIterator[None]:
    """Begin by removing what uploads left behind whose process was killed."""
    await blobs.remove_stale(INCOMING, datetime.now(UTC) - KEPT)
    yield


async def _settle(blobs: Blobs, incoming: str, source: Source) -> Source:
    """Give the bytes their name. The note beside them comes last: where it is, they are whole."""
    await refuse_while_deleting(blobs, source.video_id)
    known = await find_source(blobs, source.video_id)
    if known is None or not await blobs.exists(source.key):  # imported without its bytes, perhaps
        await blobs.rename(incoming, source.key)
    elif known.stored_at >= source.stored_at:
        return known
    await write(blobs, source.key + ".json", source)
    return source


async def forget(blobs: Blobs, source: Source) -> None:
    """Remove a video's bytes again."""
    await blobs.delete(source.key + ".json", source.key)
