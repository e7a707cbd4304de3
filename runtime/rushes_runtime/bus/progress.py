"""What a stage tells the ledger."""

import time
from typing import Any

from rushes_runtime.artefacts import Made
from rushes_runtime.record_context import Subject
from rushes_schemas.events import Event, ProgressStatus, SegmentPlanned, StageName, VideoProgress, VideoUploaded


def now_ms() -> int:
    """Milliseconds since the Unix epoch."""
    return round(time.time() * 1000)


def progressed(event: SegmentPlanned, stage: StageName, status: ProgressStatus = "done", **more: Any) -> VideoProgress:
    """The progress event of a stage that worked on this event's segment."""
    return VideoProgress(
        video_id=event.video.video_id,
        segment=event.segment.index,
        stage=stage,
        status=status,
        at=now_ms(),
        stored_at=event.video.stored_at,
        generation=event.video.generation,
        **more,
    )


def made(event: SegmentPlanned, result: Made[Any], **more: Any) -> VideoProgress:
    """The progress event of a stage that has its artefact of this event's segment."""
    name = result.artefact
    return progressed(
        event, name.stage, recipe=name.recipe, artefact_uri=name.uri, elapsed_ms=result.elapsed_ms, **more
    )


def stumbled(
    stage: StageName, status: ProgressStatus, event: Event | None, subject: Subject, reason: str
) -> VideoProgress | None:
    """The progress event of a record that failed; None where nobody knows what video it speaks of."""
    if subject.video_id is None:
        return None
    upload = event if isinstance(event, VideoUploaded) else None
    sent_at = (upload.accepted_at or 0) if upload else 0
    return VideoProgress(
        video_id=subject.video_id,
        segment=subject.segment,
        stage=stage,
        status=status,
        reason=reason,
        # The door may be another machine, whose clock is ahead.
        at=max(now_ms(), sent_at),
        source=upload.shown() if upload else None,
        stored_at=event.video.stored_at if isinstance(event, SegmentPlanned) else sent_at,
        generation=event.video.generation if isinstance(event, SegmentPlanned) else subject.generation or 0,
    )
