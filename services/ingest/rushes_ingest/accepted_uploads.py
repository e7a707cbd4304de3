"""Uploads that were accepted and are not planned yet: notes in the blob store, and what to publish again at a start.

A broker that keeps its records makes the notes redundant. The embedded broker loses its records when it stops.
"""

import hashlib
from collections.abc import AsyncIterator

import structlog

from rushes_ingest.store import find_source
from rushes_ingest.upload_metadata import PublishedMetadata, find_metadata, restore_metadata
from rushes_runtime.artefacts import read_all, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.deletion import PENDING
from rushes_runtime.errors import InvalidError
from rushes_runtime.generations import is_deleted
from rushes_runtime.index.port import Index
from rushes_runtime.platform import Platform
from rushes_schemas.events import VideoUploaded
from rushes_schemas.index import VIDEOS_COLLECTION, VideoRecord


async def note_upload(blobs: Blobs, event: VideoUploaded) -> None:
    """Remember an event until it is dealt with; the same event twice is one note."""
    await write(blobs, _key(event), event)


async def remove_note(blobs: Blobs, event: VideoUploaded) -> None:
    """Strike out the note of an event, if there is one."""
    await blobs.delete(_key(event))


async def noted_uploads(blobs: Blobs) -> AsyncIterator[VideoUploaded]:
    """All events that were noted and not struck out."""
    async for key, event in read_all(blobs, PENDING, VideoUploaded):
        if key != _key(event):  # noted before events had a field that they have now
            await note_upload(blobs, event)
            await blobs.delete(key)
        yield event


def event_identity(event: VideoUploaded) -> str:
    """What an event is known by if it comes once more. Pure."""
    return hashlib.sha256(event.model_dump_json().encode()).hexdigest()[:32]


def _key(event: VideoUploaded) -> str:
    return f"{PENDING}/{event_identity(event)}.json"


log = structlog.stdlib.get_logger("rushes.recover")


async def unfinished_uploads(platform: Platform) -> AsyncIterator[VideoUploaded]:
    """The events to publish: uploads that were accepted and not planned, and stored videos whose record is not final
    or says something else than was declared last. Each stage finds what it had done, and which segments it had given
    up, so only the rest is done."""
    noted = [event async for event in noted_uploads(platform.blobs)]
    for known in noted:
        yield known
    async for folder in platform.blobs.folders("videos"):
        video_id = folder.rsplit("/", 1)[-1]
        try:
            event = await _unfinished_upload(platform, video_id)
        except InvalidError as error:  # written by a newer program
            log.error("a video is left as it is", video_id=video_id, reason=str(error))
            continue
        if event is not None and event.uri not in {known.uri for known in noted}:
            yield event


async def _unfinished_upload(platform: Platform, video_id: str) -> VideoUploaded | None:
    source = await find_source(platform.blobs, video_id)
    if source is None or await is_deleted(platform.blobs, video_id, source.generation):
        return None
    record = await _record(platform.index, video_id)
    if record is not None and record.video is not None:
        await restore_metadata(
            platform.blobs, video_id, PublishedMetadata.model_validate(record.video, from_attributes=True)
        )
    declared = await find_metadata(platform.blobs, video_id)
    if is_settled(record, declared):
        return None
    at, generation = source.stored_at, source.generation
    return VideoUploaded(uri=source.uri, accepted_at=at, generation=generation, **declared.model_dump())


def is_settled(record: VideoRecord | None, declared: PublishedMetadata) -> bool:
    """Whether nothing is left to do for a video."""
    if record is None or record.status == "processing":
        return False
    return record.video is None or PublishedMetadata.model_validate(record.video, from_attributes=True) == declared


async def _record(index: Index, video_id: str) -> VideoRecord | None:
    found = await index.get(VIDEOS_COLLECTION, [video_id])
    return VideoRecord.model_validate(found[0].payload) if found else None
