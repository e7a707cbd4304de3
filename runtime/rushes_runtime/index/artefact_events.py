"""The events of a segment, made again from the artefacts that its ledger names.

A reindex and a replay start in the middle of the pipeline. The event that a stage consumes holds the results of the
stages before it, so it is built up from the plan, one stage at a time.
"""

from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel

from rushes_runtime.artefacts import read
from rushes_runtime.blobs import Blobs
from rushes_schemas.artefacts import SceneList
from rushes_schemas.events import (
    ScenesDetected,
    Segment,
    SegmentPlanned,
    SegmentTranscribed,
    StageName,
    Transcript,
    extended,
)
from rushes_schemas.ids import blob_key
from rushes_schemas.index import StageEntry, VideoRecord
from rushes_schemas.stages import SEGMENT_STAGES
from rushes_schemas.words import shared_out, text_of

AddResult = Callable[[Blobs, StageEntry, SegmentPlanned], Awaitable[SegmentPlanned | None]]
"""Adds a stage's result to the event that the stage consumed; None if its artefact is missing."""


class _Segments(BaseModel):
    """The part of ingest's artefact that is needed here."""

    segments: tuple[Segment, ...]


async def planned(blobs: Blobs, record: VideoRecord) -> list[SegmentPlanned]:
    """Return the event of each segment of a video; an empty list if its plan is missing."""
    uri = record.ingest.artefact_uri if record.ingest else None
    plan = await read(blobs, blob_key(uri), _Segments) if uri else None
    if plan is None or record.video is None:
        return []
    return [SegmentPlanned(video=record.video, segment=segment) for segment in plan.segments]


async def event_for(
    stage: StageName, blobs: Blobs, record: VideoRecord, segment: SegmentPlanned
) -> SegmentPlanned | None:
    """Return the event of a segment that `stage` consumes, or None if an earlier stage is not done with the segment.

    `segment` is one of those that `planned` returns. Raises ValueError for ingest, which works on videos.
    """
    event: SegmentPlanned | None = segment
    entries = record.segments.get(str(segment.segment.index), {})
    # Each event holds all that the one before holds, so the results are added one after the other.
    for earlier in SEGMENT_STAGES[: SEGMENT_STAGES.index(stage)]:
        entry = entries.get(earlier)
        if entry is None or event is None:
            return None
        event = await ADD_RESULT[earlier](blobs, entry, event)
    return event


async def _add_transcript(blobs: Blobs, entry: StageEntry, event: SegmentPlanned) -> SegmentTranscribed | None:
    if entry.status == "retrying":
        return None
    if entry.artefact_uri is not None:
        transcript = await read(blobs, blob_key(entry.artefact_uri), Transcript)
    else:
        # Later stages go on without words, so a segment that asr failed on or skipped has an event all the same.
        transcript = Transcript(status="failed" if entry.status == "failed" else "no_audio", reason=entry.reason)
    return extended(event, SegmentTranscribed, transcript=transcript) if transcript else None


async def _add_scenes(blobs: Blobs, entry: StageEntry, event: SegmentPlanned) -> ScenesDetected | None:
    assert isinstance(event, SegmentTranscribed)
    if entry.artefact_uri is None:
        return None
    found = await read(blobs, blob_key(entry.artefact_uri), SceneList)
    if found is None:
        return None
    # The artefact has no words: they may change while the pictures stay.
    shares = shared_out(found.scenes, event.transcript.words)
    scenes = [scene.model_copy(update={"text": text_of(its)}) for scene, its in zip(found.scenes, shares, strict=True)]
    return extended(event, ScenesDetected, scenes=tuple(scenes), scenes_recipe=entry.recipe or "")


ADD_RESULT: Mapping[StageName, AddResult] = {"asr": _add_transcript, "scenes": _add_scenes}
"""For each stage that another per-segment stage follows."""
