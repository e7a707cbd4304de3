"""What became of what was added, in one line each. Pure."""

from rushes_cli.render.words import clock
from rushes_client.answers import VideoDetail


def accepted_line(name: str, video_id: str | None) -> str:
    """An input that was taken in, and how to see what becomes of it."""
    look = f"see `rushes status {video_id}`" if video_id else "fetching it; it shows in `rushes status` then"
    return f"{name}: accepted; {look}"


def settled_line(name: str, video: VideoDetail, reason: str | None) -> str:
    """A video that is done."""
    because = f" ({reason})" if reason and video.status != "indexed" else ""
    length = f", {clock(video.duration_ms)}" if video.duration_ms else ""
    return f"{name}: {video.status}{because}, {video.points} scenes{length}, {video.video_id}"
