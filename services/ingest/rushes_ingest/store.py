"""Storing the bytes of videos: they are hashed while they arrive, and never held in memory as a whole."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from rushes_ingest.disk_space import Quota
from rushes_runtime.artefacts import write
from rushes_runtime.blobs import INCOMING, Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.deletion import refuse_while_deleting
from rushes_runtime.errors import Dropped, InvalidError
from rushes_runtime.generations import Mark, find_source, mark_of
from rushes_schemas.artefacts import Source, source_note_key, video_prefix
from rushes_schemas.ids import video_id

STALE_AFTER = timedelta(days=1)
"""Incoming files that did not grow for this long belong to a process that was killed."""


@dataclass(frozen=True)
class EventReference:
    """The event for which bytes are stored: its identity, and the generation that it names, if any."""

    identity: str
    generation: int | None = None

    def precedes(self, mark: Mark | None) -> bool:
        """Return whether the video was deleted after this event."""
        if mark is None:
            return False
        return self.generation <= mark.generation if self.generation else self.identity in mark.uploads


async def store(
    blobs: Blobs,
    chunks: AsyncIterator[bytes],
    quota: Quota,
    event: EventReference | None = None,
    sent_at: int | None = None,
) -> Source:
    """Store a video's bytes under its id, which is derived from them. `sent_at` is in ms since the Unix epoch, now by
    default.

    Raises InvalidError: `empty`, and `too_large` or `no_space` as soon as the quota is exceeded; BeingDeleted; and
    Dropped if the video was deleted after the event.
    """
    # The key depends on the hash of all bytes, so they arrive under a temporary one and are renamed.
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
        at = now_ms() if sent_at is None else sent_at
        source = _source(digest.hexdigest(), quota.taken, at)
        return await move_into_place(blobs, incoming, source, event)
    finally:
        await blobs.delete(incoming)


async def store_blob(blobs: Blobs, key: str) -> Source:
    """Store bytes that are in the blob store already, under another key, without a copy. Raises BeingDeleted."""
    digest = hashlib.sha256()
    size = 0
    async for chunk in blobs.stream(key):
        # Pieces are large here, and hashing one would hold up the event loop.
        await asyncio.to_thread(digest.update, chunk)
        size += len(chunk)
    return await move_into_place(blobs, key, _source(digest.hexdigest(), size, now_ms()))


def _source(sha256: str, size: int, at: int) -> Source:
    return Source(video_id=video_id(sha256), sha256=sha256, size_bytes=size, stored_at=at)


@asynccontextmanager
async def stale_uploads_removed(blobs: Blobs) -> AsyncIterator[None]:
    """Lifespan: at the start, remove incoming files of processes that were killed."""
    await blobs.remove_stale(INCOMING, datetime.now(UTC) - STALE_AFTER)
    yield


async def move_into_place(blobs: Blobs, incoming: str, source: Source, event: EventReference | None = None) -> Source:
    """Rename complete bytes to their video's key and write the note beside them. Raises BeingDeleted, and Dropped if
    the video was deleted after the event."""
    await refuse_while_deleting(blobs, source.video_id)
    mark, known = await mark_of(blobs, source.video_id), await find_source(blobs, source.video_id)
    if event and event.precedes(mark):
        raise Dropped(f"the video {source.video_id} was deleted")
    ended = mark.generation if mark else 0
    # A note of a generation that has ended may be left over from an interrupted deletion. It counts as none.
    if known is None or known.generation <= ended:
        known = _with_event(source.model_copy(update={"generation": ended + 1}), event)
        await blobs.rename(incoming, source.key)
        # The note is written last. Readers take its presence as proof that the bytes are complete.
        await write(blobs, source_note_key(source.video_id), known)
        known = known.model_copy(update={"is_new": True})
    elif not await blobs.exists(source.key):  # an archive without the video's bytes was imported before
        await blobs.rename(incoming, source.key)
    return await record_event(blobs, known, event)


async def record_event(blobs: Blobs, source: Source, event: EventReference | None) -> Source:
    """Add an event to the note of a stored video, so that it is recognised after the video is deleted."""
    if (recorded := _with_event(source, event)) != source:
        await write(blobs, source_note_key(source.video_id), recorded)
    return recorded


def _with_event(source: Source, event: EventReference | None) -> Source:
    if event is None or event.generation or event.identity in source.uploads:
        return source
    return source.model_copy(update={"uploads": [*source.uploads, event.identity]})


async def is_planned(blobs: Blobs, video: str) -> bool:
    """Return whether a stored video has a plan by any recipe, so that its bytes were found to be a video."""
    prefix = f"{video_prefix(video)}/ingest-"
    async for key in blobs.list(video_prefix(video)):
        if key.startswith(prefix):
            return True
    return False


async def delete_unplanned_source(blobs: Blobs, video: str) -> None:
    """Delete bytes that turned out not to be a video. Bytes with a plan, made under other limits perhaps, stay."""
    if (source := await find_source(blobs, video)) is not None and not await is_planned(blobs, video):
        await delete_source(blobs, source)


async def delete_new_source(blobs: Blobs, source: Source) -> None:
    """Delete bytes that the upload at hand brought and that were never planned. Others may be an indexed video's, or
    those that an accepted upload or a dead letter waits for."""
    if source.is_new and not await is_planned(blobs, source.video_id):
        await delete_source(blobs, source)


async def delete_source(blobs: Blobs, source: Source) -> None:
    """Delete a video's bytes and the note on them."""
    # The note goes first: without it nothing takes the bytes for complete, should this be interrupted.
    await blobs.delete(source_note_key(source.video_id), source.key)
