"""A segment as its artefacts tell of it, which the ledger names: the event that stood at a stage's beginning."""

from pydantic import BaseModel

from rushes_runtime.artefacts import read
from rushes_runtime.blobs import Blobs
from rushes_schemas.artefacts import SceneList
from rushes_schemas.events import (
    ScenesDetected,
    Segment,
    SegmentPlanned,
    SegmentTranscribed,
    Transcript,
    extended,
)
from rushes_schemas.ids import blob_key
from rushes_schemas.index import StageEntry, VideoRecord
from rushes_schemas.words import shared_out, text_of


class _Plan(BaseModel):
    """As much as is needed of ingest's artefact."""

    segments: tuple[Segment, ...]


async def planned(blobs: Blobs, record: VideoRecord) -> list[SegmentPlanned]:
    """All segments of a video; none where its plan is not there (any more)."""
    uri = record.ingest.artefact_uri if record.ingest else None
    plan = await read(blobs, blob_key(uri), _Plan) if uri else None
    if plan is None or record.video is None:
        return []
    return [SegmentPlanned(video=record.video, segment=segment) for segment in plan.segments]


async def transcribed(blobs: Blobs, record: VideoRecord, segment: SegmentPlanned) -> SegmentTranscribed | None:
    """A segment with its words, or None where asr is not done with it."""
    entry = _entry(record, segment, "asr")
    if entry is None or entry.status == "retrying":
        return None
    if entry.artefact_uri is not None:
        transcript = await read(blobs, blob_key(entry.artefact_uri), Transcript)
    else:
        transcript = Transcript(status="failed" if entry.status == "failed" else "no_audio", reason=entry.reason)
    return extended(segment, SegmentTranscribed, transcript=transcript) if transcript else None


async def detected(blobs: Blobs, record: VideoRecord, segment: SegmentPlanned) -> ScenesDetected | None:
    """A segment with its scenes, or None where they are not there (any more)."""
    entry, words = _entry(record, segment, "scenes"), await transcribed(blobs, record, segment)
    if entry is None or entry.artefact_uri is None or words is None:
        return None
    found = await read(blobs, blob_key(entry.artefact_uri), SceneList)
    if found is None:
        return None
    said = shared_out(found.scenes, words.transcript.words)
    scenes = [scene.model_copy(update={"text": text_of(its)}) for scene, its in zip(found.scenes, said, strict=True)]
    return extended(words, ScenesDetected, scenes=tuple(scenes), scenes_recipe=entry.recipe or "")


def _entry(record: VideoRecord, segment: SegmentPlanned, stage: str) -> StageEntry | None:
    return record.segments.get(str(segment.segment.index), {}).get(stage)
