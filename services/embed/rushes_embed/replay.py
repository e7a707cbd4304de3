"""Replaying: videos go once more through the stages from a given one on. What was made is found; what other settings
make otherwise is made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from rushes_embed.recall import planned, transcribed
from rushes_embed.records import find_record, records
from rushes_runtime.platform import Platform
from rushes_schemas.events import SegmentPlanned, SegmentTranscribed, VideoUploaded
from rushes_schemas.index import VideoRecord

Stage = Literal["ingest", "asr", "scenes"]


@dataclass(frozen=True)
class Publishers:
    """Where the events of the three stages go."""

    ingest: Callable[[VideoUploaded], Awaitable[object]]
    asr: Callable[[SegmentPlanned], Awaitable[object]]
    scenes: Callable[[SegmentTranscribed], Awaitable[object]]


class Replayed(BaseModel):
    """What was published, and of which videos nothing could be: their artefacts are not there."""

    videos: int = 0
    events: int = 0
    left_out: list[str] = []


async def replay(platform: Platform, publish: Publishers, stage: Stage, video_ids: list[str] | None) -> Replayed:
    """Publish what the stage begins with, of these videos or of all."""
    told = Replayed()
    if video_ids is None:
        found = [record async for record in records(platform.index)]
    else:
        found = [record for id in video_ids if (record := await find_record(platform.index, id))]
        told.left_out += [id for id in video_ids if id not in {record.video_id for record in found}]
    for record in found:
        events = await _published(platform, publish, stage, record)
        told.videos += bool(events)
        told.events += events
        told.left_out += [] if events else [record.video_id]
    return told


async def _published(platform: Platform, publish: Publishers, stage: Stage, record: VideoRecord) -> int:
    if stage == "ingest":
        if record.video is None:
            return 0
        video = record.video
        event = VideoUploaded(uri=video.source_uri, accepted_at=video.stored_at, generation=video.generation or None)
        await publish.ingest(event)
        return 1
    events = 0
    for segment in await planned(platform.blobs, record):
        if stage == "asr":
            await publish.asr(segment)
        elif words := await transcribed(platform.blobs, record, segment):
            await publish.scenes(words)
        else:
            continue
        events += 1
    return events
