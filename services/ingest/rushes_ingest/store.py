"""Bytes into the blob store, hashed on the way and never whole in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from rushes_ingest.disk_space import Quota
from rushes_runtime.artefacts import video_prefix, write
from rushes_runtime.blobs import INCOMING, Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.deletion import refuse_while_deleting
from rushes_runtime.errors import Dropped, InvalidError
from rushes_runtime.generations import IS_ID, Mark, Source, find_source, mark_of, source_key
from rushes_schemas.ids import video_id

__all__ = [
    "IS_ID",
    "Source",
    "delete_source",
    "find_source",
    "source_key",
    "stale_uploads_removed",
    "store",
    "store_blob",
]

STALE_AFTER = timedelta(days=1)
"""What arrived no further for so long was left by a process that was killed."""


@dataclass(frozen=True)
class EventReference:
    """The event that bytes are stored for, where there is one: what it is known by, and the life that it speaks of,
    where it says so."""

    identity: str
    generation: int | None = None

    def precedes(self, mark: Mark | None) -> bool:
        """Whether the video was deleted after it."""
        if mark is None:
            return False
        return self.generation <= mark.generation if self.generation else self.identity in mark.uploads


async def store(
    blobs: Blobs,
    chunks: AsyncIterator[bytes],
    quota: Quota,
    telling: EventReference | None = None,
    sent_at: int | None = None,
) -> Source:
    """Store a video's bytes under its id, which is a function of them, for an event, where there is one. `sent_at` is
    when they were sent, in ms since the Unix epoch, where that is not now.

    Raises InvalidError: `empty`; `too_large` or `no_space` as soon as it is; BeingDeleted; and Dropped where the video
    was deleted after the event.
    """
    incoming = f"{INCOMING}/{uuid4()}"
    digest = hashlib.sha256()

    async def hashed() -> AsyncIterator[bytes]:
        async for chunk in quota.limited(chunks):
            digest.update(chunk)
            yield chunk

    try:
        await blobs.put(incoming, hashed())
        if not quota.taken:
            raise InvalidError("empty", f"{quota.name} is empty")
        sha256 = digest.hexdigest()
        at = now_ms() if sent_at is None else sent_at
        source = Source(video_id=video_id(sha256), sha256=sha256, size_bytes=quota.taken, stored_at=at)
        return await move_into_place(blobs, incoming, source, telling)
    finally:
        await blobs.delete(incoming)


async def store_blob(blobs: Blobs, key: str) -> Source:
    """Store bytes that already lie in the blob store, under another key, without copying them. Raises BeingDeleted."""
    digest = hashlib.sha256()
    size = 0
    async for chunk in blobs.stream(key):
        await asyncio.to_thread(digest.update, chunk)
        size += len(chunk)
    sha256 = digest.hexdigest()
    source = Source(video_id=video_id(sha256), sha256=sha256, size_bytes=size, stored_at=now_ms())
    return await move_into_place(blobs, key, source)


@asynccontextmanager
async def stale_uploads_removed(blobs: Blobs) -> AsyncIterator[None]:
    """Begin by removing what uploads left behind whose process was killed."""
    await blobs.remove_stale(INCOMING, datetime.now(UTC) - STALE_AFTER)
    yield


async def move_into_place(blobs: Blobs, incoming: str, source: Source, telling: EventReference | None = None) -> Source:
    """Give bytes that came in whole their name. The note beside them comes last: where it is, they are whole. Raises
    BeingDeleted."""
    await refuse_while_deleting(blobs, source.video_id)
    mark, known = await mark_of(blobs, source.video_id), await find_source(blobs, source.video_id)
    if telling and telling.precedes(mark):
        raise Dropped(f"the video {source.video_id} was deleted")
    ended = mark.generation if mark else 0
    if known is None or known.generation <= ended:  # none, or left behind of a life that has ended
        known = _with_event(source.model_copy(update={"generation": ended + 1}), telling)
        await blobs.rename(incoming, source.key)
        await write(blobs, source.key + ".json", known)
    elif not await blobs.exists(source.key):  # imported without its bytes, perhaps
        await blobs.rename(incoming, source.key)
    return await record_event(blobs, known, telling)


async def record_event(blobs: Blobs, source: Source, telling: EventReference | None) -> Source:
    """Remember that a stored video was told of by an event, so that the event is known once the video is deleted."""
    if (told := _with_event(source, telling)) != source:
        await write(blobs, source.key + ".json", told)
    return told


def _with_event(source: Source, telling: EventReference | None) -> Source:
    if telling is None or telling.generation or telling.identity in source.uploads:
        return source
    return source.model_copy(update={"uploads": [*source.uploads, telling.identity]})


async def is_planned(blobs: Blobs, video: str) -> bool:
    """Whether a stored video was found to be one: it has a plan, by whatever recipe."""
    prefix = f"{video_prefix(video)}/ingest-"
    async for key in blobs.list(video_prefix(video)):
        if key.startswith(prefix):
            return True
    return False


async def delete_unplanned_source(blobs: Blobs, video: str) -> None:
    """Remove the bytes of what turned out to be no video, unless they were planned before, as under other limits."""
    if (source := await find_source(blobs, video)) is not None and not await is_planned(blobs, video):
        await delete_source(blobs, source)


async def delete_source(blobs: Blobs, source: Source) -> None:
    """Remove a video's bytes again."""
    await blobs.delete(source.key + ".json", source.key)
