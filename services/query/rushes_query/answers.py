"""What the query service answers, the same over HTTP and gRPC. Times are integer milliseconds on the video's clock,
`..._at` and `at` since the Unix epoch; URLs are relative to the service."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from rushes_query.asked import Reason
from rushes_schemas.events import Language, ProgressStatus, TranscriptStatus
from rushes_schemas.index import Leg, VideoStatus
from rushes_schemas.upload_metadata import Metadata


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Why(Answer):
    """Why a moment was found: its best place in one leg of the search."""

    leg: Leg
    rank: int
    """1 is the best."""
    score: float
    """The leg's own: cosine similarity, or BM25."""


class Marked(Answer):
    """A part of a text: characters (Unicode code points) [start, end)."""

    start: int
    end: int


class Moment(Answer):
    """A stretch of a video, [start_ms, end_ms)."""

    video_id: str
    title: str
    start_ms: int
    end_ms: int
    best_ms: int
    """The best time to start watching at: when the words are said, or the picture is shown. Inside of the moment."""
    score: float
    """Of the reciprocal rank fusion; good for comparing moments of one search only."""
    text: str
    marks: list[Marked]
    """Where `text` has words or phrases that were asked for, in order, apart from each other."""
    thumbnail_url: str | None
    media_url: str
    """Plays the video from `best_ms` on."""
    scenes: list[str]
    """The ids of the scenes it is made of, in order of time."""
    why: list[Why]


class Group(Answer):
    """All moments of one video, best first."""

    video_id: str
    title: str
    score: float
    """The best moment's."""
    moments: list[Moment]


class LeftOut(Answer):
    """A leg of the search that was not asked, and why not."""

    leg: Leg
    reason: Reason


class SearchAnswer(Answer):
    """Moments, best first."""

    query: str
    took_ms: int
    moments: list[Moment]
    """Grouped by video: the best one of each."""
    groups: list[Group]
    """Only where they were asked for: the same videos in the same order, with all their moments."""
    left_out: list[LeftOut]
    """The legs that had no part in it."""
    next_cursor: str | None
    """Asks for what comes after these; null: there is no more."""


class SceneAnswer(Answer):
    """A shot, or the part of it that lies in one segment."""

    id: str
    segment: int
    scene: int
    start_ms: int
    end_ms: int
    continues: bool
    """It only begins because its segment does."""
    text: str
    fallback: bool
    """`text` is the video's title, since nothing is said."""
    language: Language | None
    thumbnail_url: str | None
    media_url: str


class ScenesAnswer(Answer):
    """A video's scenes, in order of time."""

    video_id: str
    scenes: list[SceneAnswer]


class StageAnswer(Answer):
    """What a stage last said of a segment, or ingest of the whole video."""

    status: ProgressStatus
    reason: str | None
    points: int | None
    at: int
    elapsed_ms: int | None
    attempts: int


class SegmentAnswer(Answer):
    """A segment's line in the ledger: stage -> what it said. A stage that has said nothing yet is missing."""

    index: int
    stages: dict[str, StageAnswer]


class VideoAnswer(Answer):
    """A video in a list. The facts are null until ingest has found them."""

    video_id: str
    title: str
    """As published; else the file's name; else "untitled video", and of what is not fetched yet its URI."""
    status: VideoStatus
    reason: str | None
    description: str | None
    filename: str | None
    language: Language | None
    metadata: Metadata
    duration_ms: int | None
    width: int | None
    height: int | None
    has_audio: bool | None
    size_bytes: int | None
    media_type: str | None
    segment_count: int | None
    segments_done: int
    """How many segments every stage is done with."""
    points: int
    """How many scenes the index was counted to hold, once the video is indexed."""
    created_at: int
    updated_at: int
    media_url: str | None
    uri: str | None
    """What it was published as last, without a password."""
    provisional: bool
    """The bytes have not been fetched yet, so the id stands for the URI: the video's own will take its place."""


class VideoDetail(VideoAnswer):
    """A video with its ledger."""

    ingest: StageAnswer | None
    segments: list[SegmentAnswer]


class VideosAnswer(Answer):
    """A page of videos. `next_cursor` asks for the page after it; null: there is none."""

    videos: list[VideoAnswer]
    next_cursor: str | None


class SpokenWord(Answer):
    """A word, as it was heard."""

    start_ms: int
    end_ms: int
    text: str
    probability: float
    joined: bool
    """No space stands before it."""


class SegmentTranscript(Answer):
    """How far the transcription of a segment is."""

    segment: int
    status: TranscriptStatus | Literal["pending"]
    reason: str | None
    language: Language | None


class TranscriptAnswer(Answer):
    """What is said in a video, as far as it is known."""

    video_id: str
    title: str
    language: Language | None
    complete: bool
    """Every segment has been listened to."""
    segments: list[SegmentTranscript]
    words: list[SpokenWord]
    text: str


class Match(Answer):
    """A place where something is said, [start_ms, end_ms), with the words around it."""

    start_ms: int
    end_ms: int
    text: str
    media_url: str


class MatchesAnswer(Answer):
    """Where something is said in a video, in order of time."""

    video_id: str
    query: str
    matches: list[Match]
