"""The answers of `rushes status`. Pure."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rushes_cli.progress import progress, why_not
from rushes_cli.render.terminal import text
from rushes_cli.render.words import clock, moment_of, style_of, took
from rushes_schemas.api import StageStatus, Video, VideoDetail
from rushes_schemas.stages import STAGE_NAMES


def videos_table(videos: Iterable[Video]) -> Table:
    """One line a video. Those that come with their ledger tell how far each stage is."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("video", overflow="fold")
    table.add_column("length", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("segments")
    table.add_column("reason", overflow="fold")
    for video in videos:
        reason = why_not(video) if isinstance(video, VideoDetail) else video.reason
        table.add_row(
            text(video.video_id),
            text(video.name),
            clock(video.duration_ms),
            text(video.status, style_of(video.status)),
            _segments(video),
            text(reason),
        )
    return table


def video_report(video: VideoDetail) -> RenderableType:
    """One video: its facts, then each segment and stage with what it last said, when, and how long it took."""
    reason = why_not(video)
    because = text(f": {reason}" if reason else "")
    status = Text.assemble("status    ", text(video.status, style_of(video.status)), because)
    facts = [
        text(video.name, "bold"),
        text(f"id        {video.video_id}"),
        status,
        text(f"uri       {video.uri}") if video.uri else None,
        text(f"length    {clock(video.duration_ms)}") if video.duration_ms is not None else None,
        text(f"language  {video.language}") if video.language else None,
        text(f"segments  {_segments(video)}"),
        text(f"scenes    {video.points}"),
    ]
    return Group(*(fact for fact in facts if fact is not None), Text(""), _ledger(video))


def _segments(video: Video) -> str:
    if isinstance(video, VideoDetail) and not video.is_settled:
        counts = ((stage, *progress(video, stage)) for stage in STAGE_NAMES)
        return ", ".join(f"{stage} {done}/{total}" for stage, done, total in counts if total)
    return f"{video.segments_done}/{video.segment_count}" if video.segment_count else ""


def _ledger(video: VideoDetail) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("segment", "stage", "status", "at", "took", "tries"):
        table.add_column(heading, no_wrap=True)
    table.add_column("reason", overflow="fold")
    if video.ingest:
        table.add_row("all", "ingest", *_entry(video.ingest))
    for segment in video.segments:
        for stage in sorted(segment.stages, key=_order):
            table.add_row(str(segment.index), text(stage), *_entry(segment.stages[stage]))
    return table


def _order(stage: str) -> int:
    return next((place for place, name in enumerate(STAGE_NAMES) if name == stage), len(STAGE_NAMES))


def _entry(entry: StageStatus) -> tuple[RenderableType, ...]:
    return (
        text(entry.status, style_of(entry.status)),
        moment_of(entry.at),
        took(entry.elapsed_ms),
        str(entry.attempts),
        text(entry.reason),
    )
