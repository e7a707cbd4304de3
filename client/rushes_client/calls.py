"""The questions, as HTTP requests. Pure: `sync` and `aio` send them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from rushes_client.answers import (
    Accepted,
    Answer,
    Deletion,
    Moment,
    Readiness,
    ScenesAnswer,
    SearchAnswer,
    Transcript,
    TranscriptMatches,
    Video,
    VideoDetail,
    VideosPage,
)

A = TypeVar("A", bound=Answer)

PAGE = 100


@dataclass(frozen=True)
class Call(Generic[A]):
    """A request and the kind of its answer. `safe`: doing it twice does no more than doing it once."""

    kind: type[A]
    method: str
    path: str
    request: Mapping[str, Any] = field(default_factory=dict)
    """What httpx is given besides."""
    safe: bool = True


@dataclass(frozen=True)
class Said:
    """What is said of a video that is added. What is None says nothing, and changes nothing that was said before."""

    title: str | None = None
    description: str | None = None
    language: str | None = None
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The fields that say something."""
        said = {"title": self.title, "description": self.description, "language": self.language}
        return {name: value for name, value in said.items() if value} | (
            {"metadata": dict(self.metadata)} if self.metadata else {}
        )

    def as_text(self) -> dict[str, str]:
        """The same as texts, for forms and headers."""
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in self.as_json().items()}


NOTHING = Said()


@dataclass(frozen=True)
class Wish:
    """Where a search looks and what it answers, by the instance's own names of it. None and () wish for nothing."""

    video_id: Sequence[str] = ()
    language: str | None = None
    from_ms: int | None = None
    """Time in the video."""
    to_ms: int | None = None
    added_from: datetime | None = None
    added_to: datetime | None = None
    min_duration_ms: int | None = None
    max_duration_ms: int | None = None
    metadata: Sequence[str] = ()
    """`camera=B`; all must hold."""
    speech: bool | None = None
    """Only where something is said, or (False) where nothing is."""
    per_video: int | None = None
    """The most moments of one video."""
    visual_weight: float | None = None
    speech_weight: float | None = None
    lexical_weight: float | None = None
    cursor: str | None = None
    """`next_cursor` of the answer before."""

    def as_params(self) -> dict[str, str | list[str]]:
        """The parameters that wish for something, as httpx sends them."""
        wished = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return {name: _param(value) for name, value in wished.items()}


ANYTHING = Wish()


def from_uri(uri: str, said: Said) -> Call[Accepted]:
    """Have the instance fetch a video. The same video twice is one, so it may be asked again."""
    return Call(Accepted, "POST", "/v1/uploads/from-uri", {"json": {"uri": uri} | said.as_json()})


def video(video_id: str) -> Call[VideoDetail]:
    """One video with its ledger."""
    return Call(VideoDetail, "GET", f"/v1/videos/{part(video_id)}")


def videos(cursor: str | None = None, uri: str | None = None, status: str | None = None) -> Call[VideosPage]:
    """A page of videos; of those only that were published as a URI, or stand so, where that is given."""
    asked = {"limit": str(PAGE), "cursor": cursor, "uri": uri, "status": status}
    return Call(VideosPage, "GET", "/v1/videos", {"params": _said(asked)})


def latest(videos: Iterable[Video]) -> Video | None:
    """Of the videos that were published as one URI, which its bytes are now: what is being fetched, or came last."""
    return max(videos, key=lambda video: (video.provisional, video.updated_at), default=None)


def scenes(video_id: str) -> Call[ScenesAnswer]:
    """A video's scenes, in order of time."""
    return Call(ScenesAnswer, "GET", f"/v1/videos/{part(video_id)}/scenes")


def search(words: str, wish: Wish, limit: int, image: tuple[str, bytes] | None) -> Call[SearchAnswer]:
    """Moments, best first."""
    asked = _said({"q": words, "limit": str(limit)}) | wish.as_params()
    if image is None:
        return Call(SearchAnswer, "GET", "/v1/search", {"params": asked})
    return Call(SearchAnswer, "POST", "/v1/search", {"data": asked, "files": {"image": image}})


def similar(scene_id: str, limit: int) -> Call[SearchAnswer]:
    """Moments that are like a scene."""
    return Call(SearchAnswer, "GET", f"/v1/scenes/{part(scene_id)}/similar", {"params": {"limit": str(limit)}})


def thumbnail(moment: Moment) -> Call[Answer] | None:
    """A moment's picture, a JPEG; None: it has none."""
    return Call(Answer, "GET", moment.thumbnail_url) if moment.thumbnail_url else None


def transcript(video_id: str) -> Call[Transcript]:
    """What is said in a video, word by word."""
    return Call(Transcript, "GET", f"/v1/videos/{part(video_id)}/transcript", {"params": {"format": "json"}})


def written(video_id: str, format: str) -> Call[Answer]:
    """The same as the instance writes it in a format."""
    return Call(Answer, "GET", f"/v1/videos/{part(video_id)}/transcript", {"params": {"format": format}})


def said(video_id: str, words: str, limit: int) -> Call[TranscriptMatches]:
    """Where words are said in one video."""
    asked = {"q": words, "limit": str(limit)}
    return Call(TranscriptMatches, "GET", f"/v1/videos/{part(video_id)}/transcript/search", {"params": asked})


def events(video_id: str, since: int | None) -> Call[Answer]:
    """How a video is getting on, as a stream."""
    asked = {} if since is None else {"since": str(since)}
    streaming = {"params": asked, "timeout": httpx.Timeout(60, connect=5)}
    return Call(Answer, "GET", f"/v1/videos/{part(video_id)}/events", streaming)


def edit(video_id: str, patch: Mapping[str, Any]) -> Call[Accepted]:
    """Correct what is said of a video; None forgets it."""
    return Call(Accepted, "PATCH", f"/v1/videos/{part(video_id)}", {"json": dict(patch)})


def delete(video_id: str) -> Call[Deletion]:
    """Have a video forgotten everywhere."""
    return Call(Deletion, "DELETE", f"/v1/videos/{part(video_id)}")


def deletion(video_id: str) -> Call[Deletion]:
    """How far that is."""
    return Call(Deletion, "GET", f"/v1/videos/{part(video_id)}/deletion")


def readiness() -> Call[Readiness]:
    """What the instance says of itself."""
    return Call(Readiness, "GET", "/readyz")


def part(id: str) -> str:
    """An id that a person typed, as one part of a path."""
    return quote(id, safe="")


def _param(value: object) -> str | list[str]:
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str) else json.dumps(value)


def _said(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value}
