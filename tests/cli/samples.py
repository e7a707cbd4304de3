"""Answers as the query service gives them, in its own models: what is drawn and what is read."""

from typing import Any

from rushes_schemas.api import Moment, SegmentStatus, StageStatus, VideoDetail, Why

ID = "2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e"


def entry(status: Any = "done", reason: str | None = None) -> StageStatus:
    """A line of the ledger."""
    return StageStatus(status=status, reason=reason, points=3, at=1_760_000_000_000, elapsed_ms=4200, attempts=1)


def detail(status: Any = "indexed", **facts: Any) -> VideoDetail:
    """A video of two segments, worked on as far as its status says."""
    stages = {"asr": entry(), "scenes": entry(), "embed": entry()} if status == "indexed" else {"asr": entry()}
    known: dict[str, Any] = {
        "video_id": ID,
        "title": "A film",
        "reason": None,
        "description": None,
        "filename": "film.mp4",
        "language": "en",
        "metadata": {},
        "duration_ms": 76_000,
        "width": 640,
        "height": 360,
        "has_audio": True,
        "size_bytes": 1000,
        "media_type": "video/mp4",
        "segment_count": 2,
        "segments_done": 2 if status == "indexed" else 0,
        "points": 13,
        "created_at": 1_760_000_000_000,
        "updated_at": 1_760_000_000_000,
        "media_url": f"/v1/videos/{ID}/media",
        "uri": None,
        "provisional": False,
        "ingest": entry(),
        "segments": [SegmentStatus(index=0, stages=stages)],
    }
    return VideoDetail(status=status, **(known | facts))


def found(**facts: Any) -> Moment:
    """A moment."""
    known: dict[str, Any] = {
        "video_id": ID,
        "title": "A film",
        "start_ms": 9_280,
        "end_ms": 16_500,
        "best_ms": 11_280,
        "marks": [],
        "score": 0.03,
        "text": "ask not what your country can do for you",
        "thumbnail_url": None,
        "media_url": f"/v1/videos/{ID}/media#t=9.280",
        "scenes": [],
        "why": [Why(leg="lexical", rank=1, score=12.0), Why(leg="visual", rank=3, score=0.4)],
    }
    return Moment(**(known | facts))
