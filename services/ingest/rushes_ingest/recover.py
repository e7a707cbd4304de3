"""What the embedded mode does at its start, since its broker forgets: publish again whatever was not finished."""

from collections.abc import AsyncIterator

from rushes_ingest.declared import Declared, find_declared
from rushes_ingest.pending import pending
from rushes_ingest.store import find_source
from rushes_runtime.deletion import is_deleted
from rushes_runtime.index.port import Index
from rushes_runtime.platform import Platform
from rushes_schemas.events import VideoUploaded
from rushes_schemas.index import VIDEOS_COLLECTION, VideoRecord


async def unfinished(platform: Platform) -> AsyncIterator[VideoUploaded]:
    """The events to publish: uploads that were accepted and not planned, and stored videos whose record is not final
    or says something else than was declared last. Each stage finds what it had done, and which segments it had given
    up, so only the rest is done."""
    noted = [event async for event in pending(platform.blobs)]
    for event in noted:
        yield event
    async for folder in platform.blobs.folders("videos"):
        video_id = folder.rsplit("/", 1)[-1]
        source = await find_source(platform.blobs, video_id)
        if source is None or any(event.uri == source.uri for event in noted):
            continue
        if await is_deleted(platform.blobs, video_id, source.stored_at):
            continue
        declared = await find_declared(platform.blobs, video_id)
        if not is_settled(await _record(platform.index, video_id), declared):
            yield VideoUploaded(uri=source.uri, accepted_at=source.stored_at, **declared.model_dump())


def is_settled(record: VideoRecord | None, declared: Declared) -> bool:
    """Whether nothing is left to do for a video."""
    if record is None or record.status == "processing":
        return False
    return record.video is None or Declared.model_validate(record.video, from_attributes=True) == declared


async def _record(index: Index, video_id: str) -> VideoRecord | None:
    found = await index.get(VIDEOS_COLLECTION, [video_id])
    return VideoRecord.model_validate(found[0].payload) if found else None
