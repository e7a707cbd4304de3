"""How far a video is, read off its ledger. Pure."""

from typing import get_args

from rushes_client.answers import VideoDetail
from rushes_schemas.events import StageName

STAGES: tuple[StageName, ...] = get_args(StageName)
OVER = frozenset({"done", "skipped"})


def progress(video: VideoDetail | None, stage: StageName) -> tuple[int, int | None]:
    """How many segments a stage is done with, and of how many; None while nobody knows. Ingest works on the whole."""
    if video is None:
        return 0, 1 if stage == "ingest" else None
    if stage == "ingest":
        return int(video.ingest is not None and video.ingest.status in OVER), 1
    done = sum(stage in segment.stages and segment.stages[stage].status in OVER for segment in video.segments)
    return done, video.segment_count


def why_not(video: VideoDetail | None) -> str | None:
    """What is wrong with the video, as far as the ledger says so."""
    if video is None:
        return None
    return video.reason or (video.ingest.reason if video.ingest else None)
