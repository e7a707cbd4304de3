"""`PATCH` and `DELETE /v1/videos/{id}`, and the state of a deletion."""

from collections.abc import Awaitable, Callable
from typing import cast, get_args

from aiokafka.errors import KafkaError
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from rushes_ingest.upload_service import PublishUpload, accepted_video, announce
from rushes_runtime import deletion
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import BrokerUnavailable
from rushes_runtime.generations import IS_ID, Mark, find_source, mark_of
from rushes_schemas.api import Accepted, Deletion
from rushes_schemas.events import ClearableField, Language, VideoDeleted, VideoUploaded
from rushes_schemas.upload_metadata import Description, Metadata, Title

CLEARABLE_FIELDS = get_args(ClearableField)


class VideoEdit(BaseModel):
    """A JSON merge patch (RFC 7396) of a video's metadata: a missing field keeps its value, null clears it. `metadata`
    is replaced as a whole."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    title: Title | None = None
    """The video's name. Scenes without speech are found by it."""
    description: Description | None = None
    """Free text that is shown with the video."""
    language: Language | None = None
    """The spoken language. The video is transcribed again if another one was detected."""
    metadata: Metadata | None = None
    """The publisher's own fields."""

    def event(self, uri: str, generation: int) -> VideoUploaded:
        """Return the event that publishes the same bytes again with the changed metadata."""
        new = {name: getattr(self, name) for name in self.model_fields_set}
        # An event without a field keeps the stored value, so fields to clear are listed by name.
        cleared = tuple(cast(ClearableField, name) for name in CLEARABLE_FIELDS if name in new and not new[name])
        kept = {name: value for name, value in new.items() if name not in cleared}
        return VideoUploaded(uri=uri, generation=generation, cleared=cleared, **kept)


def edit_routes(blobs: Blobs, publish: PublishUpload) -> APIRouter:
    """Return the route of edits."""
    router = APIRouter(prefix="/v1/videos", tags=["ingest"])

    @router.patch("/{video_id}", status_code=202)
    async def edit(video_id: str, edit: VideoEdit) -> Accepted:
        """Change title, description, language or metadata. Answered after the broker has acknowledged the event; search
        results follow within seconds."""
        source = await find_source(blobs, video_id)
        if source is None:
            raise HTTPException(404, f"There is no video {video_id!r}.")
        accepted_at = await announce(blobs, publish, edit.event(source.uri, source.generation), video_id)
        return accepted_video(video_id, accepted_at)

    return router


PublishDeletion = Callable[[VideoDeleted], Awaitable[object]]


def deletion_routes(blobs: Blobs, publish: PublishDeletion) -> APIRouter:
    """Return the routes of deletions."""
    router = APIRouter(prefix="/v1/videos", tags=["ingest"])

    @router.delete("/{video_id}", status_code=202)
    async def delete(video_id: str) -> Deletion:
        """Delete a video everywhere. Answered after the broker has acknowledged the event. Repeatable."""
        if not IS_ID.fullmatch(video_id):
            raise HTTPException(404, f"There is no video {video_id!r}.")
        event = VideoDeleted(video_id=video_id, at=now_ms(), generation=await deletion.ending(blobs, video_id))
        # The order is stored before it is published: a start of the embedded mode publishes it again if it was lost.
        mark = await deletion.order(blobs, event)
        try:
            await publish(event)
        except KafkaError as error:
            raise BrokerUnavailable("the broker does not take the deletion's event; try again in a while") from error
        return _deletion_state(video_id, mark)

    @router.get("/{video_id}/deletion")
    async def deleted(video_id: str) -> Deletion:
        """Return the state of the last deletion of a video."""
        mark = await mark_of(blobs, video_id)
        if mark is None:
            raise HTTPException(404, f"The video {video_id!r} was not deleted.")
        return _deletion_state(video_id, mark)

    return router


def _deletion_state(video_id: str, mark: Mark) -> Deletion:
    # The mark has more fields, which identify events and are not part of the API.
    facts = mark.model_dump(include={"at", "finished_at", "found", "left"})
    return Deletion(video_id=video_id, status_url=f"/v1/videos/{video_id}/deletion", **facts)
