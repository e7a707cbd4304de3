"""`PATCH /v1/videos/{id}`: what a person says of a video, corrected."""

from typing import cast, get_args

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from rushes_ingest.accept import Accepted, Publish, announce
from rushes_ingest.store import find_source
from rushes_runtime.blobs import Blobs
from rushes_schemas.events import ClearableField, Language, VideoUploaded
from rushes_schemas.upload_metadata import Description, Metadata, Title

FIELDS = get_args(ClearableField)


class Edit(BaseModel):
    """A JSON merge patch (RFC 7396) of what was said of a video: what is left out stays, null forgets it. `metadata` is
    replaced as a whole."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    title: Title | None = None
    """What the video is called and, where nothing is said in a scene, found by."""
    description: Description | None = None
    """Anything; it is shown."""
    language: Language | None = None
    """What is spoken: the video is transcribed again if it was taken for another."""
    metadata: Metadata | None = None
    """Facts of the publisher's own."""

    def event(self, uri: str, generation: int) -> VideoUploaded:
        """The same bytes, published once more with what is said of them now."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        cleared = tuple(cast(ClearableField, name) for name in FIELDS if name in said and not said[name])
        kept = {name: value for name, value in said.items() if name not in cleared}
        return VideoUploaded(uri=uri, generation=generation, cleared=cleared, **kept)


def edits(blobs: Blobs, publish: Publish) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1/videos", tags=["ingest"])

    @router.patch("/{video_id}", status_code=202)
    async def edit(video_id: str, edit: Edit) -> Accepted:
        """Correct title, description, language or metadata. Answered once the event is acknowledged; what depends on
        it follows within seconds."""
        source = await find_source(blobs, video_id)
        if source is None:
            raise HTTPException(404, f"There is no video {video_id!r}.")
        accepted_at = await announce(blobs, publish, edit.event(source.uri, source.generation), video_id)
        return Accepted(video_id=video_id, status_url=f"/v1/videos/{video_id}", accepted_at=accepted_at)

    return router
