"""Uploads that were accepted and are not planned yet: their notes in the blob store, and what a start publishes again.

A broker that keeps its records makes the notes redundant. The embedded broker loses its records when it stops.
"""

import hashlib
from collections.abc import AsyncIterator

from rushes_ingest.upload_metadata import find_metadata, restore_metadata
from rushes_runtime.artefacts import if_readable, keys_below, read_all, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.generations import find_source, is_deleted
from rushes_runtime.index.video_records import find_record
from rushes_runtime.platform import Platform
from rushes_schemas.artefacts import ACCEPTED_UPLOADS, PublishedMetadata, accepted_upload_key
from rushes_schemas.events import VideoUploaded
from rushes_schemas.index import VideoRecord


async def note_upload(blobs: Blobs, event: VideoUploaded) -> None:
    """Store an event until it is processed. The same event twice is one note."""
    await write(blobs, _key(event), event)


async def remove_note(blobs: Blobs, event: VideoUploaded) -> None:
    """Remove the note of an event, if there is one."""
    await blobs.delete(_key(event))


async def noted_uploads(blobs: Blobs) -> AsyncIterator[VideoUploaded]:
    """Yield all events that have a note."""
    async for key, event in read_all(blobs, ACCEPTED_UPLOADS, VideoUploaded):
        # The identity is a hash of the event's JSON, so a field that a newer version adds to events changes the key.
        if key != _key(event):
            await note_upload(blobs, event)
            await blobs.delete(key)
        yield event


def event_identity(event: VideoUploaded) -> str:
    """Return a hash by which an event is recognised if it is delivered again."""
    return hashlib.sha256(event.model_dump_json().encode()).hexdigest()[:32]


def _key(event: VideoUploaded) -> str:
    return accepted_upload_key(event_identity(event))


async def unfinished_uploads(platform: Platform) -> AsyncIterator[VideoUploaded]:
    """Yield the events that the embedded mode publishes at its start, because its broker has lost them.

    These are uploads that were accepted and not planned, and stored videos whose record is not final or differs from
    the metadata published last. Each stage finds its own artefacts and dead letters, so it only does what is left.
    """
    noted = [event async for event in noted_uploads(platform.blobs)]
    for event in noted:
        yield event
    noted_uris = {event.uri for event in noted}
    blobs = platform.blobs
    async for folder in keys_below(blobs, "videos", folders=True):
        unfinished = await if_readable(blobs, folder, _unfinished_upload(platform, folder.rsplit("/", 1)[-1]))
        if unfinished is not None and unfinished.uri not in noted_uris:
            yield unfinished


async def _unfinished_upload(platform: Platform, video_id: str) -> VideoUploaded | None:
    source = await find_source(platform.blobs, video_id)
    if source is None or await is_deleted(platform.blobs, video_id, source.generation):
        return None
    record = await find_record(platform.index, video_id)
    # The catalog has a copy of the metadata. It replaces a file that was damaged and set aside.
    if record is not None and record.video is not None:
        from_record = PublishedMetadata.model_validate(record.video, from_attributes=True)
        await restore_metadata(platform.blobs, video_id, from_record)
    metadata = await find_metadata(platform.blobs, video_id)
    if is_settled(record, metadata):
        return None
    at, generation = source.stored_at, source.generation
    return VideoUploaded(uri=source.uri, accepted_at=at, generation=generation, **metadata.model_dump())


def is_settled(record: VideoRecord | None, metadata: PublishedMetadata) -> bool:
    """Return whether no stage has anything left to do for a video."""
    if record is None or record.status == "processing":
        return False
    return record.video is None or PublishedMetadata.model_validate(record.video, from_attributes=True) == metadata
