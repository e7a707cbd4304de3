"""Times, lengths and outcomes in words. Pure."""

from datetime import datetime

from rushes_schemas.api import VideoDetail

STATUS_STYLES = {
    "indexed": "green",
    "done": "green",
    "ok": "green",
    "degraded": "yellow",
    "retrying": "yellow",
    "skipped": "yellow",
    "failed": "red",
    "wrong": "red",
}
"""The colours of statuses; the word itself is always shown too."""


def clock(ms: int | None) -> str:
    """A place in a video: 0:09, 12:34, 1:02:03."""
    if ms is None:
        return ""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def span(start_ms: int, end_ms: int) -> str:
    """A stretch of a video; its end is rounded up, so that it holds what it names."""
    return f"{clock(start_ms)}–{clock(end_ms + 999)}"


def took(ms: int | None) -> str:
    """How long work took: 350 ms, 4.2 s, 2:05 min."""
    if ms is None:
        return ""
    if ms < 1000:
        return f"{ms} ms"
    return f"{ms / 1000:.1f} s" if ms < 60_000 else f"{clock(ms)} min"


def moment_of(at: int) -> str:
    """A time of day, where the reader is, from milliseconds since the Unix epoch."""
    return datetime.fromtimestamp(at / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def style_of(status: str) -> str:
    """A status's colour."""
    return STATUS_STYLES.get(status, "")


def accepted_line(name: str, video_id: str | None) -> str:
    """An input that was taken in, and how to see what becomes of it."""
    look = f"see `rushes status {video_id}`" if video_id else "fetching it; it shows in `rushes status` then"
    return f"{name}: accepted; {look}"


def settled_line(name: str, video: VideoDetail, reason: str | None) -> str:
    """A video that is done."""
    because = f" ({reason})" if reason and video.status != "indexed" else ""
    length = f", {clock(video.duration_ms)}" if video.duration_ms else ""
    scenes = f"{video.points} {'scene' if video.points == 1 else 'scenes'}"
    return f"{name}: {video.status}{because}, {scenes}{length}, {video.video_id}"
