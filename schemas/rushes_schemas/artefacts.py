"""What the blob store holds of a video: the keys, the contents of the JSON files, and the known media types.

Every service that writes or reads one of these files takes its key and its model from here. The storyboard has its
own module, `storyboard`.
"""

from typing import Annotated

from pydantic import BaseModel, FailFast, Field

from rushes_schemas.events import Count, Language, Milliseconds, PictureSize, Scene, Segment
from rushes_schemas.ids import blob_uri
from rushes_schemas.upload_metadata import Description, Filename, Metadata, Title

ACCEPTED_UPLOADS = "pending"
"""Folder of the uploads that were accepted and are not planned yet: `pending/<upload>.json`."""


def video_prefix(video_id: str) -> str:
    """Return the folder that holds everything stored of a video."""
    return f"videos/{video_id}"


def source_key(video_id: str) -> str:
    """Return the key of a video's own bytes."""
    return f"{video_prefix(video_id)}/source"


def source_note_key(video_id: str) -> str:
    """Return the key of the `Source` of a video. It is written last: where it exists, the bytes are complete."""
    return f"{source_key(video_id)}.json"


def metadata_key(video_id: str) -> str:
    """Return the key of the `StoredMetadata` of a video."""
    return f"{video_prefix(video_id)}/declared.json"


def sound_key(video_id: str, segment: int, recipe: str) -> str:
    """Return the key of a segment's sound, a FLAC file."""
    return f"{video_prefix(video_id)}/{segment}/sound-{recipe}.flac"


def accepted_upload_key(identity: str) -> str:
    """Return the key of the event of an accepted upload. `identity` is a hash of the event."""
    return f"{ACCEPTED_UPLOADS}/{identity}.json"


OTHER_MEDIA_TYPE = "application/octet-stream"
"""Of a container that has no media type of its own, and of everything that is not to be shown."""

MEDIA_TYPES = frozenset(
    {
        OTHER_MEDIA_TYPE,
        *("video/mp4", "video/quicktime", "video/3gpp", "video/webm", "video/x-matroska", "video/ogg"),
        *("video/x-msvideo", "video/mp2t", "video/mpeg", "video/x-flv", "video/x-ms-asf", "video/dv"),
        *("video/h264", "video/h265", "application/mxf", "application/vnd.rn-realmedia"),
    }
)
"""All that a video's bytes are ever said to be. A browser runs none of them."""


class Source(BaseModel):
    """The bytes of a stored video. Stored beside them as `source.json`."""

    video_id: str
    sha256: str
    size_bytes: Count
    stored_at: Milliseconds = 0
    """When the bytes were sent, in ms since the Unix epoch."""
    generation: Count = 0
    """The generation of the video, from 1 on. 0 only in files that are older than generations."""
    uploads: list[str] = []
    """Identities of the upload events without a generation that led to these bytes."""
    is_new: bool = Field(default=False, exclude=True, repr=False)
    """Whether the upload at hand brought the bytes. It is not stored."""

    @property
    def key(self) -> str:
        """The key of the bytes."""
        return source_key(self.video_id)

    @property
    def uri(self) -> str:
        """The same as a `blob:` URI."""
        return blob_uri(self.key)


class PublishedMetadata(BaseModel):
    """The facts of a video that its publisher sends."""

    title: Title | None = None
    description: Description | None = None
    language: Language | None = None
    metadata: Metadata = {}
    filename: Filename | None = None


class StoredMetadata(PublishedMetadata):
    """Published metadata as stored, with the time of the last change in ms since the Unix epoch."""

    said_at: Milliseconds = 0

    def published(self) -> PublishedMetadata:
        """Return the metadata without the time."""
        return PublishedMetadata(**self.model_dump(exclude={"said_at"}))


class Plan(BaseModel):
    """Ingest's artefact: what probing found, and the segments."""

    duration_ms: Milliseconds
    width: PictureSize
    height: PictureSize
    has_audio: bool
    media_type: str
    segments: Annotated[tuple[Segment, ...], FailFast()]


class SceneList(BaseModel):
    """The scenes of a segment, without their words, which may change while the pictures stay."""

    scenes: Annotated[tuple[Scene, ...], FailFast()]


class VisualVectors(BaseModel):
    """Embed's artefact: for each scene of a segment one row per keyframe, as little-endian float32 in base64."""

    dimensions: Annotated[int, Field(ge=1, le=65_536)]
    scenes: Annotated[tuple[str, ...], FailFast()]
