"""The HTTP API: every answer, and every request body, once.

The services answer with these models, the client and the command parse the same ones, and a test holds the gRPC
messages against them field by field. Times are integer milliseconds: on the video's clock, except for `at` and
`..._at`, which count since the Unix epoch. URLs are relative to the instance.

Compatibility: an answer keeps fields that it does not know, so that an older client reads a newer instance. A field
that is added later has a default, so that a newer client reads an older one. Words for machines (statuses, legs,
reasons) may be joined by others, hence `Known | str`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rushes_schemas.events import Language, ProgressStatus, TranscriptStatus
from rushes_schemas.index import Leg, VideoStatus
from rushes_schemas.upload_metadata import Metadata

SETTLED = frozenset({"indexed", "degraded", "failed"})
"""The statuses of a video in which no stage has anything left to do."""

LegOmission = Literal[
    "no_words", "no_weight", "only_a_phrase", "model_not_loaded", "model_failed", "no_picture_model", "silent"
]
"""Why a leg takes no part in a search: the question has no words; its weight is 0; all words are in quotation marks,
which the lexical leg alone can answer; the model is not loaded yet, has failed, or is switched off; nothing is said in
the scene that others are compared with."""


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    def as_json(self) -> dict[str, Any]:
        """The fields that the instance sent, no more and no less."""
        return self.model_dump(mode="json", exclude_unset=True)


def thumbnail_url(scene_id: str) -> str:
    """Return the path of a scene's thumbnail."""
    return f"/v1/scenes/{scene_id}/thumbnail"


def media_url(video_id: str, start_ms: int | None = None) -> str:
    """Return the path of a video's file; with a time, as a media fragment (W3C Media Fragments 1.0) at which players
    start."""
    path = f"/v1/videos/{video_id}/media"
    return path if start_ms is None else f"{path}#t={start_ms / 1000:.3f}"


# --- Adding videos -------------------------------------------------------------------------------------------------


class Accepted(Answer):
    """The upload's event is acknowledged by the broker."""

    video_id: str | None = None
    """None while the bytes have not been fetched."""
    status_url: str
    accepted_at: int = 0
    """A record whose `ingest.at` is older is that of an earlier upload."""


class Imported(Answer):
    """The videos of an archive. Each is searchable once its status says so."""

    videos: list[Accepted]


class UploadState(Answer):
    """The state of a resumable upload."""

    id: str = ""
    length: int = 0
    offset: int
    accepted: Accepted | None = None
    """None until the upload is complete."""


class Deletion(Answer):
    """How far the deletion of a video is."""

    video_id: str
    at: int = 0
    """What was sent of the video before this moment is removed."""
    finished_at: int | None = None
    """When nothing of it was counted any more; null: not yet."""
    found: dict[str, int] = {}
    """How many things there were, by the stage that made them; the points and the catalog's record among them."""
    left: dict[str, int] = {}
    """How many there are now, once it is finished."""
    status_url: str = ""


# --- Videos --------------------------------------------------------------------------------------------------------


class StageStatus(Answer):
    """What a stage last reported of a segment, or ingest of the whole video."""

    status: ProgressStatus | str
    reason: str | None = None
    points: int | None = None
    at: int
    elapsed_ms: int | None = None
    attempts: int = 1


class SegmentStatus(Answer):
    """A segment's line in the ledger."""

    index: int
    stages: dict[str, StageStatus] = {}
    """By stage. A stage that has reported nothing yet is missing."""


class Video(Answer):
    """A video in a list. The facts are null until ingest has found them."""

    video_id: str
    title: str | None = None
    """As published; else the file's name; else "untitled video"."""
    status: VideoStatus | str
    reason: str | None = None
    description: str | None = None
    filename: str | None = None
    language: Language | None = None
    metadata: Metadata = {}
    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None
    has_audio: bool | None = None
    size_bytes: int | None = None
    media_type: str | None = None
    segment_count: int | None = None
    segments_done: int = 0
    """How many segments every stage is done with."""
    points: int = 0
    """How many scenes the index was counted to hold, once the video is indexed."""
    created_at: int = 0
    updated_at: int = 0
    media_url: str | None = None
    uri: str | None = None
    """What the video was published as, where that is known, without a password."""
    provisional: bool = False
    """The bytes have not been fetched yet: the id stands for the URI, and the video's own will take its place."""

    @property
    def name(self) -> str:
        """What a person knows it by."""
        return self.title or self.filename or (self.uri if self.provisional else None) or self.video_id

    @property
    def is_settled(self) -> bool:
        """Whether no stage has anything left to do."""
        return self.status in SETTLED


class VideoDetail(Video):
    """A video with its ledger."""

    ingest: StageStatus | None = None
    segments: list[SegmentStatus] = []

    def is_settled_since(self, accepted_at: int) -> bool:
        """Whether what was accepted then is settled: the record of an earlier upload of the same video may be settled
        too."""
        return self.is_settled and (self.ingest is None or self.ingest.at >= accepted_at)


class VideosPage(Answer):
    """A page of videos."""

    videos: list[Video]
    next_cursor: str | None = None
    """Asks for the page after this one; null: there is none."""


class Scene(Answer):
    """A shot, or the part of it that lies in one segment."""

    id: str
    segment: int = 0
    scene: int = 0
    start_ms: int
    end_ms: int
    continues: bool = False
    """It only begins because its segment does."""
    text: str
    fallback: bool = False
    """`text` is the video's title, since nothing is said."""
    language: Language | None = None
    thumbnail_url: str | None = None
    media_url: str


class ScenesPage(Answer):
    """A video's scenes, in order of time."""

    video_id: str
    scenes: list[Scene]


class SpokenWord(Answer):
    """A word of a transcript."""

    start_ms: int
    end_ms: int
    text: str
    probability: float = 1
    joined: bool = False
    """No space stands before it."""


class SegmentTranscript(Answer):
    """How far the transcription of a segment is."""

    segment: int
    status: TranscriptStatus | Literal["pending"] | str
    reason: str | None = None
    language: Language | None = None


class VideoTranscript(Answer):
    """What is said in a video, as far as it is known."""

    video_id: str
    title: str = ""
    language: Language | None = None
    complete: bool
    """Every segment is transcribed."""
    segments: list[SegmentTranscript] = []
    words: list[SpokenWord]
    text: str


class TranscriptMatch(Answer):
    """A place where words are said, [start_ms, end_ms), with the words around it."""

    start_ms: int
    end_ms: int
    text: str
    media_url: str


class TranscriptMatches(Answer):
    """Where words are said in a video, in order of time."""

    video_id: str
    query: str
    matches: list[TranscriptMatch]


# --- Search --------------------------------------------------------------------------------------------------------


class Why(Answer):
    """A moment's best place in one leg of the search."""

    leg: Leg | str
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
    title: str | None = None
    start_ms: int
    end_ms: int
    best_ms: int | None = None
    """The best time to start watching at: when the words are said, or the picture is shown. Inside of the moment."""
    score: float
    """Of the fusion of the legs; good for comparing moments of one search only."""
    text: str
    marks: list[Marked] = []
    """Where `text` has words or phrases of the question, in order, without overlaps."""
    thumbnail_url: str | None = None
    media_url: str
    """Plays the video from `best_ms` on."""
    scenes: list[str] = []
    """The ids of the scenes it is made of, in order of time."""
    why: list[Why] = []


class Group(Answer):
    """All moments of one video, best first."""

    video_id: str
    title: str
    score: float
    """The best moment's."""
    moments: list[Moment]


class LeftOut(Answer):
    """A leg that took no part in the search, and why."""

    leg: Leg | str
    reason: LegOmission | str


class SearchResults(Answer):
    """Moments, best first."""

    query: str
    took_ms: int
    moments: list[Moment]
    """Grouped by video: the best one of each."""
    groups: list[Group] = []
    """Only where they were asked for: the same videos in the same order, with all their moments."""
    left_out: list[LeftOut] = []
    next_cursor: str | None = None
    """Asks for the moments after these; null: there are no more."""


# --- Operating an installation -------------------------------------------------------------------------------------


class Readiness(Answer):
    """An instance's own checks: check -> `ok`, or what is wrong."""

    status: str
    checks: dict[str, str] = {}


class DeadLetter(Answer):
    """A record that a service could not process. `value` is its text, or base64 where it is not text (`is_base64`)."""

    id: str
    service: str
    reason: str
    error: str
    attempts: int
    at: int
    """When it became a dead letter."""
    video_id: str | None = None
    segment: int | None = None
    recipe: str | None = None
    origin: str
    """Topic/partition/offset at which it was first consumed."""
    origin_topic: str = ""
    first_error: str
    stack: str
    key: str | None = None
    headers: dict[str, str] = {}
    value: str
    is_base64: bool = False
    stored_at: str | None = None
    """The blob with key, headers and value of one that is larger than its topic takes. A list leaves them out."""
    missing: str | None = None
    """Why they can't be read from there."""


class DeadLetters(Answer):
    """The open dead letters, oldest first."""

    total: int
    """How many there are, however many are listed."""
    dead_letters: list[DeadLetter]


Seconds = Annotated[float | None, Field(ge=0)]


class DeadLetterSelection(BaseModel):
    """Filters on dead letters; all of them must hold."""

    ids: list[str] = []
    service: str | None = None
    reason: str | None = None
    video_id: str | None = None
    older_than_s: Seconds = None
    newer_than_s: Seconds = None


class DeadLetterListing(DeadLetterSelection):
    """Filters, and how many dead letters at most."""

    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


class DeadLetterDecision(DeadLetterSelection):
    """Filters of a replay or discard. Without any, `all` must say that all are meant."""

    all: bool = False


class DecidedDeadLetters(Answer):
    """The dead letters that were replayed or discarded."""

    count: int
    ids: list[str]


class CollectionModels(Answer):
    """The models of a collection."""

    image_text: str
    text: str


class CollectionStatus(Answer):
    """A collection of scenes."""

    name: str
    searched: bool
    """The alias points to it."""
    points: int
    made_with: CollectionModels | None = None


class ReindexStatus(Answer):
    """How far the last reindex of this process is, and which collections there are.

    `swapped`: the new collection is searched. `failed`: `reason` says why; started again, it continues.
    """

    status: Literal["idle", "filling", "swapped", "failed"] | str
    collection: str | None = None
    done: int = 0
    """Points that the new collection has, of `total`."""
    total: int = 0
    reason: str | None = None
    collections: list[CollectionStatus] = []


class ReindexModels(BaseModel):
    """The models of the new collection; those of the searched one where none is named."""

    image_text: str | None = None
    text: str | None = None


class ReplayRequest(BaseModel):
    """From which stage on which videos (null: all) are processed again."""

    stage: Literal["ingest", "asr", "scenes"]
    video_ids: list[str] | None = None


class Replayed(Answer):
    """What was published again."""

    videos: int = 0
    events: int = 0
    left_out: list[str] = []
    """Videos whose artefacts are missing."""
