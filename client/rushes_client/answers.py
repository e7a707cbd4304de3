"""What an instance answers.

Lenient where the service is strict: fields that are unknown here are kept, so that an older client reads a newer
instance. A test holds these models against the service's own.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

SETTLED = frozenset({"indexed", "degraded", "failed"})
"""The statuses of a video in which no stage has anything left to do."""


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def as_json(self) -> dict[str, Any]:
        """What the instance said, no more and no less."""
        return self.model_dump(mode="json", exclude_unset=True)


class Accepted(Answer):
    """An upload is taken in. `video_id` is None where its bytes have yet to be fetched."""

    video_id: str | None = None
    status_url: str
    accepted_at: int = 0
    """Milliseconds since the Unix epoch, on the instance's clock."""


class StageEntry(Answer):
    """What a stage last said. `at` is in milliseconds since the Unix epoch."""

    status: str
    reason: str | None = None
    points: int | None = None
    at: int
    elapsed_ms: int | None = None
    attempts: int = 1


class SegmentEntry(Answer):
    """A segment's line in the ledger, by stage; a stage that said nothing yet is missing."""

    index: int
    stages: dict[str, StageEntry] = {}


class Video(Answer):
    """A video in a list. Facts are None until ingest has found them."""

    video_id: str
    title: str | None = None
    filename: str | None = None
    uri: str | None = None
    status: str
    reason: str | None = None
    language: str | None = None
    duration_ms: int | None = None
    segment_count: int | None = None
    segments_done: int = 0
    points: int = 0
    updated_at: int = 0
    provisional: bool = False
    """The bytes have not been fetched yet: the id stands for the URI, and the video's own will take its place."""

    @property
    def name(self) -> str:
        """What a person knows it by."""
        return self.title or self.filename or (self.uri if self.provisional else None) or self.video_id

    @property
    def is_settled(self) -> bool:
        """Whether waiting longer changes nothing."""
        return self.status in SETTLED


class VideoDetail(Video):
    """A video with its ledger."""

    ingest: StageEntry | None = None
    segments: list[SegmentEntry] = []

    def is_settled_since(self, accepted_at: int) -> bool:
        """Whether waiting longer changes nothing of what was accepted then: the record of an earlier upload of the
        same video may be settled too."""
        return self.is_settled and (self.ingest is None or self.ingest.at >= accepted_at)


class VideosPage(Answer):
    """Some videos, and where the next page starts."""

    videos: list[Video]
    next_cursor: str | None = None


class Why(Answer):
    """A moment's place in one leg of the search; rank 1 is the best."""

    leg: str
    rank: int
    score: float


class Marked(Answer):
    """A part of a text: characters [start, end)."""

    start: int
    end: int


class Moment(Answer):
    """A stretch of a video, in milliseconds. The URLs are relative to the instance."""

    video_id: str
    title: str | None = None
    start_ms: int
    end_ms: int
    best_ms: int | None = None
    """Where to start watching."""
    score: float
    text: str
    marks: list[Marked] = []
    """Where `text` has what was asked for."""
    thumbnail_url: str | None = None
    media_url: str
    why: list[Why] = []


class LeftOut(Answer):
    """A leg of the search that had no part in it, and why."""

    leg: str
    reason: str


class SearchAnswer(Answer):
    """Moments, best first."""

    query: str
    took_ms: int
    moments: list[Moment]
    left_out: list[LeftOut] = []
    next_cursor: str | None = None


class UploadState(Answer):
    """How a resumable upload stands; `accepted` once it is complete."""

    offset: int
    accepted: Accepted | None = None


class Scene(Answer):
    """A shot, or the part of it that lies in one segment, in milliseconds."""

    id: str
    start_ms: int
    end_ms: int
    text: str
    fallback: bool = False
    thumbnail_url: str | None = None
    media_url: str


class ScenesAnswer(Answer):
    """A video's scenes, in order of time."""

    video_id: str
    scenes: list[Scene]


class Word(Answer):
    """A spoken word. `joined`: no space stands before it."""

    start_ms: int
    end_ms: int
    text: str
    probability: float = 1
    joined: bool = False


class Transcript(Answer):
    """What is said in a video, as far as it is known."""

    video_id: str
    language: str | None = None
    complete: bool
    words: list[Word]
    text: str


class TranscriptMatch(Answer):
    """A place where something is said, with the words around it."""

    start_ms: int
    end_ms: int
    text: str
    media_url: str


class TranscriptMatches(Answer):
    """Where something is said in a video, in order of time."""

    video_id: str
    query: str
    matches: list[TranscriptMatch]


class Deletion(Answer):
    """How far the deletion of a video is: what was found of it, and what is left, by the stage that made it."""

    video_id: str
    finished_at: int | None = None
    found: dict[str, int] = {}
    left: dict[str, int] = {}


class Readiness(Answer):
    """What an instance says of itself: check -> `ok`, or what is wrong."""

    status: str
    checks: dict[str, str] = {}
