"""What the stages store of a video, for whoever reads it: the contents of artefacts, and the known media types."""

from typing import Annotated

from pydantic import BaseModel, FailFast, Field

from rushes_schemas.events import Scene, Segment

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


class Plan(BaseModel):
    """Ingest's artefact: what probing found, and the segments."""

    duration_ms: int
    width: int
    height: int
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
