"""Every event that passes over the bus, as a pydantic model.

Times are integer milliseconds: on the video's clock (from its first presented frame) where a field ends in `_ms`,
since the Unix epoch for `at` and `..._at`. Unknown fields are ignored and kept: an event that is made from another
carries them on.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from rushes_schemas.ids import blob_key, is_elsewhere, own_blob_key
from rushes_schemas.upload_metadata import (
    EVENT_BYTES,
    EXTRA_LEVELS,
    Description,
    Filename,
    Metadata,
    Text,
    Title,
    Uri,
    check_extra,
    check_language,
)
from rushes_schemas.uris import redacted

VideoId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"), BeforeValidator(check_language)
]
MOST_COUNT = 2**53 - 1
"""The most that a count, a size or a generation can be: what JSON carries exactly to every reader."""
LATEST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999, which is the last that dates can tell."""
MOST_SEGMENTS = 1_000_000
"""Segments that a video may have. The ledger goes through all of them at each report."""

# The exported schemas have never named the upper bounds, and tightening one breaks their users.
Milliseconds = Annotated[int, Field(ge=0, le=LATEST_MS), WithJsonSchema({"type": "integer", "minimum": 0})]
Count = Annotated[int, Field(ge=0, le=MOST_COUNT), WithJsonSchema({"type": "integer", "minimum": 0})]
PictureSize = Annotated[int, Field(gt=0, le=MOST_COUNT), WithJsonSchema({"type": "integer", "exclusiveMinimum": 0})]
Generation = Annotated[int, Field(ge=1, le=MOST_COUNT), WithJsonSchema({"type": "integer", "minimum": 1})]
SegmentIndex = Annotated[int, Field(ge=0, lt=MOST_SEGMENTS), WithJsonSchema({"type": "integer", "minimum": 0})]
SegmentCount = Annotated[int, Field(gt=0, le=MOST_SEGMENTS), WithJsonSchema({"type": "integer", "exclusiveMinimum": 0})]


def _blob_uri(uri: str, info: ValidationInfo) -> str:
    owner = (info.context or {}).get("video_id")
    own_blob_key(uri, owner) if owner else blob_key(uri)
    return uri


BlobUri = Annotated[str, AfterValidator(_blob_uri)]
"""A `blob:` URI whose key is one. A validation context of `{"video_id": ...}` has it be one of that video's blobs."""

StageName = Literal["ingest", "asr", "scenes", "embed"]
ProgressStatus = Literal["done", "retrying", "failed", "skipped"]
ClearableField = Literal["title", "description", "language", "metadata"]
TranscriptStatus = Literal["ok", "no_audio", "no_speech", "failed"]


class Model(BaseModel):
    """What all parts of an event have in common: immutable, and unknown fields are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @model_validator(mode="after")
    def _can_be_carried_on(self) -> Self:
        if self.__pydantic_extra__:
            check_extra(dict(self.__pydantic_extra__), EXTRA_LEVELS + 1)
        return self


class Event(Model, ABC):
    """A record's value."""

    @abstractmethod
    def key(self) -> str:
        """What the record is keyed, and so partitioned, by."""

    def subject(self) -> dict[str, Any]:
        """What log lines about this event name: the video and the segment, where there are any."""
        return {}

    def as_of(self, at: int) -> Self:
        """The event with what its record's time says and its publisher did not. `at` is in ms since the epoch."""
        return self


class VideoUploaded(Event):
    """There is a video here. Any client may publish it, with a `uri` and nothing else."""

    uri: Uri
    title: Title | None = None
    description: Description | None = None
    language: Language | None = None
    metadata: Metadata = {}
    filename: Filename | None = None
    """The name under which a person knew the file, to be shown where there is no title."""
    accepted_at: Milliseconds | None = None
    """When the upload was accepted, told by ingest's door; else the record's time stands for it. The ledger's word on
    it is never older."""
    generation: Generation | None = None
    """Which life of the video is spoken of, where its publisher knows: what speaks of one that was deleted is dropped.
    """
    cleared: tuple[ClearableField, ...] = ()
    """What was said before of these fields is to be forgotten."""

    @model_validator(mode="after")
    def _fits_a_record(self) -> Self:
        size = len(self.model_dump_json().encode())
        if size > EVENT_BYTES:
            why = f"the event has {size:,} bytes as JSON; at most {EVENT_BYTES:,} fit into the records made of it"
            raise PydanticCustomError("too_long", "{why}", {"why": why})
        return self

    def key(self) -> str:
        return self.uri

    def as_of(self, at: int) -> Self:
        # No URI from elsewhere is accepted after its record was written. Of a time in the future, all that became of
        # the URI until then would count as older. The times of stored videos are `announce`'s, which may run ahead.
        is_late = self.accepted_at is None or (is_elsewhere(self.uri) and self.accepted_at > at)
        return self.model_copy(update={"accepted_at": at}) if is_late else self

    def subject(self) -> dict[str, Any]:
        return {"uri": redacted(self.uri)}

    def shown(self) -> Self:
        """The event as the ledger and status answers may tell of it: its URI holds no password or signature."""
        return self.model_copy(update={"uri": redacted(self.uri)})


class Video(Model):
    """The facts of a stored video."""

    video_id: VideoId
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    title: Text | None = None
    description: Text | None = None
    language: Language | None = None
    metadata: Metadata = {}
    filename: Text | None = None
    duration_ms: Milliseconds
    width: PictureSize
    height: PictureSize
    has_audio: bool
    segment_count: SegmentCount
    source_uri: BlobUri
    """Where the bytes lie, as a `blob:` URI."""
    size_bytes: Count
    media_type: str
    stored_at: Milliseconds = 0
    """When these bytes were last sent, since the Unix epoch."""
    generation: Count = 0
    """Which life of the video is spoken of: 1 until it is deleted, one more each time that its bytes are sent again
    after that. Every stage drops what speaks of a life that was deleted. 0: not said, as by
    programs of before there was this field; then `stored_at` counts."""


class Segment(Model):
    """The unit of work: the part [start_ms, end_ms) of a video, about two minutes, cut at a silence."""

    index: SegmentIndex
    start_ms: Milliseconds
    end_ms: Milliseconds
    audio_uri: BlobUri | None = None
    """The segment's sound as 16 kHz mono 16-bit FLAC, whose first sample is at `start_ms`; None without sound."""


class SegmentPlanned(Event):
    """Segment k of n is ready to be worked on."""

    video: Video
    segment: Segment

    @model_validator(mode="after")
    def _names_own_blobs(self) -> Self:
        """No event leads a stage to a blob of another video."""
        for uri in self.blob_uris():
            own_blob_key(uri, self.video.video_id)
        return self

    def blob_uris(self) -> Iterator[str]:
        """The blobs that a stage is to read."""
        yield self.video.source_uri
        if self.segment.audio_uri is not None:
            yield self.segment.audio_uri

    def key(self) -> str:
        return f"{self.video.video_id}:{self.segment.index}"

    def subject(self) -> dict[str, Any]:
        return {"video_id": self.video.video_id, "segment": self.segment.index}


class Word(Model):
    """A spoken word on the video's clock. `text` has no surrounding space; `probability` is the model's, 0 to 1."""

    start_ms: Milliseconds
    end_ms: Milliseconds
    text: str
    probability: Annotated[float, Field(ge=0, le=1)]
    joined: bool = False
    """True where no space stands before the word, as in languages that are written without."""


class Transcript(Model):
    """What was said in a segment. No sound and no speech are answers; `failed` has a reason and no words."""

    status: TranscriptStatus
    reason: str | None = None
    language: Language | None = None
    words: Annotated[tuple[Word, ...], FailFast()] = ()


class SegmentTranscribed(SegmentPlanned):
    """The words of a segment are known, or known to be missing."""

    transcript: Transcript


class Keyframe(Model):
    """A picture out of a scene: JPEG at `uri`, shown at `time_ms`."""

    time_ms: Milliseconds
    uri: BlobUri


class Scene(Model):
    """A shot, or the part of it that lies in this segment: [start_ms, end_ms)."""

    index: Count
    start_ms: Milliseconds
    end_ms: Milliseconds
    continues: bool = False
    """True where the scene only begins because its segment does: the shot began in the segment before."""
    text: str = ""
    keyframes: Annotated[tuple[Keyframe, ...], FailFast()] = ()


class ScenesDetected(SegmentTranscribed):
    """The shots of a segment are known, with their words and pictures."""

    scenes: tuple[Scene, ...]
    scenes_recipe: str = ""
    """What the scenes were made with; part of the recipe of the points that are made of them."""

    def blob_uris(self) -> Iterator[str]:
        yield from super().blob_uris()
        for scene in self.scenes:
            yield from (keyframe.uri for keyframe in scene.keyframes)


class SegmentRecalled(Event):
    """A segment that is indexed already is to be put into a collection that is being filled, out of its artefacts."""

    video_id: VideoId
    segment: SegmentIndex
    collection: Annotated[str, Field(min_length=1)]

    def key(self) -> str:
        return f"{self.video_id}:{self.segment}"

    def subject(self) -> dict[str, Any]:
        return {"video_id": self.video_id, "segment": self.segment}


class VideoProgress(Event):
    """A stage finished, failed, skipped or put off a segment; `segment` is None where it speaks of the whole video."""

    video_id: VideoId
    segment: SegmentIndex | None = None
    stage: StageName
    status: ProgressStatus
    reason: str | None = None
    points: Count | None = None
    at: Milliseconds
    elapsed_ms: Milliseconds | None = None
    """How long the stage worked on it; None where the result was already there."""
    recipe: str | None = None
    artefact_uri: BlobUri | None = None
    language: Language | None = None
    """What language was heard in the segment."""
    video: Video | None = None
    """The video's facts, told by ingest once it has planned the segments."""
    source: VideoUploaded | None = None
    """What was asked for, told by ingest where it refused a video and no facts could be had."""
    stored_at: Milliseconds = 0
    """The video's `stored_at`."""
    generation: Count = 0
    """The video's `generation`."""

    @model_validator(mode="after")
    def _names_own_blobs(self) -> Self:
        """Nobody has the catalog remember a blob of another video."""
        for uri in (self.artefact_uri, self.video.source_uri if self.video else None):
            if uri is not None:
                own_blob_key(uri, self.video_id)
        return self

    def as_of(self, at: int) -> Self:
        # Nothing is reported before it happened, but what is reported of an upload is not older than the upload.
        latest = max(at, self.source.accepted_at or 0 if self.source else 0)
        return self if self.at <= latest else self.model_copy(update={"at": latest})

    def key(self) -> str:
        return self.video_id

    def subject(self) -> dict[str, Any]:
        return {"video_id": self.video_id, "segment": self.segment}


class VideoDeleted(Event):
    """Forget the video everywhere. The same bytes, sent again, are a new life of the same id."""

    video_id: VideoId
    at: Milliseconds
    """When it was asked for."""
    generation: Generation | None = None
    """The life that ends, and all before it. None: the one that there is when the event is first consumed."""

    def key(self) -> str:
        return self.video_id

    def subject(self) -> dict[str, Any]:
        return {"video_id": self.video_id}


E = TypeVar("E", bound=SegmentPlanned)


def extended(event: SegmentPlanned, into: type[E], **parts: Any) -> E:
    """The next stage's event: everything that this one says, unknown fields too, and `parts` more."""
    return into(**(dict(event) | parts))
