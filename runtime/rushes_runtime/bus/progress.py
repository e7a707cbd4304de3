"""What a stage tells the ledger."""

import time
from typing import Any

from rushes_runtime.artefacts import Made
from rushes_schemas.events import ProgressStatus, SegmentPlanned, StageName, VideoProgress


def now_ms() -> int:
    """Milliseconds since the Unix epoch."""
    return round(time.time() * 1000)


def progressed(event: SegmentPlanned, stage: StageName, status: ProgressStatus = "done", **more: Any) -> VideoProgress:
    """The progress event of a stage that worked on this event's segment."""
    return VideoProgress(
        video_id=event.video.video_id, segment=event.segment.index, stage=stage, status=status, at=now_ms(), **more
    )


def made(event: SegmentPlanned, result: Made[Any], **more: Any) -> VideoProgress:
    """The progress event of a stage that has its artefact of this event's segment."""
    name = result.artefact
    return progressed(
        event, name.stage, recipe=name.recipe, artefact_uri=name.uri, elapsed_ms=result.elapsed_ms, **more
    )
