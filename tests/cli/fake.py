"""What the tests' instance knows, in the words of the services' own models."""

from dataclasses import dataclass, field
from typing import Any

from rushes_query.answers import Moment, SegmentAnswer, StageAnswer, VideoDetail, Why

ID = "2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e"


def entry(status: Any = "done", reason: str | None = None) -> StageAnswer:
    """A line of the ledger."""
    return StageAnswer(status=status, reason=reason, points=3, at=1_760_000_000_000, elapsed_ms=4200, attempts=1)


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
        "ingest": entry(),
        "segments": [SegmentAnswer(index=0, stages=stages)],
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


@dataclass
class Fake:
    """What the instance answers, and what it was sent."""

    url: str = ""
    videos: dict[str, list[VideoDetail]] = field(default_factory=dict)
    """Id -> what the catalog says of it, the next at each request; the last one stays."""
    uris: dict[str, str] = field(default_factory=dict)
    """URI that was published -> id."""
    moments: list[Moment] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    """File name or URI -> the sentence with which it is refused."""
    checks: dict[str, str] = field(default_factory=lambda: {"index": "ok"})
    uploads: list[dict[str, Any]] = field(default_factory=list)
    searches: list[dict[str, Any]] = field(default_factory=list)
    down: int = 0
    """How many of the next requests for a video are answered with 503."""

    def reset(self) -> None:
        """Know nothing again, for the next test."""
        vars(self).update(vars(Fake(self.url)))

    def now(self, video_id: str) -> VideoDetail | None:
        """What is said of a video this time."""
        states = self.videos.get(video_id, [])
        return states.pop(0) if len(states) > 1 else states[0] if states else None
