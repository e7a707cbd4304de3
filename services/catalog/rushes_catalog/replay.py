"""Replays: videos are processed again from a given stage on.

A stage finds the artefacts that it made with the same settings, and computes only what other settings change.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from rushes_runtime.index.artefact_events import event_for, planned
from rushes_runtime.index.video_records import find_record, records
from rushes_runtime.platform import Platform
from rushes_schemas.api import Replayed
from rushes_schemas.events import Event, StageName, VideoUploaded
from rushes_schemas.index import VideoRecord
from rushes_schemas.stages import spec_of

Publishers = Mapping[StageName, Callable[[Event], Awaitable[object]]]
"""For each stage that a replay may begin with: what publishes to the topic that the stage consumes."""


async def replay(platform: Platform, publishers: Publishers, stage: StageName, video_ids: list[str] | None) -> Replayed:
    """Publish the events that the stage consumes, of these videos (None: of all). Return what was published.

    Raises IndexUnavailable, BlobsUnavailable, and the broker's errors. An interrupted replay may be repeated.
    """
    if video_ids is None:
        # All records are read before anything is published: a stage that is quick would change them meanwhile.
        found = [record async for record in records(platform.index)]
        left_out = []
    else:
        found = [record for id in video_ids if (record := await find_record(platform.index, id))]
        left_out = [id for id in video_ids if id not in {record.video_id for record in found}]
    counts = [await _replay(platform, publishers, stage, record) for record in found]
    left_out += [record.video_id for record, count in zip(found, counts, strict=True) if not count]
    return Replayed(videos=sum(count > 0 for count in counts), events=sum(counts), left_out=left_out)


async def _replay(platform: Platform, publishers: Publishers, stage: StageName, record: VideoRecord) -> int:
    """Return how many events of a video were published; 0 if the artefacts that they are made from are missing."""
    count = 0
    async for event in _events(platform, stage, record):
        await publishers[stage](event)
        count += 1
    return count


async def _events(platform: Platform, stage: StageName, record: VideoRecord) -> AsyncIterator[Event]:
    if spec_of(stage).unit == "video":
        if (video := record.video) is not None:
            # The stored bytes are published, so nothing is fetched from elsewhere again.
            yield VideoUploaded(uri=video.source_uri, accepted_at=video.stored_at, generation=video.generation or None)
        return
    # A segment is left out if an artefact of an earlier stage is missing: it can't be replayed from here.
    for segment in await planned(platform.blobs, record):
        if (event := await event_for(stage, platform.blobs, record, segment)) is not None:
            yield event
