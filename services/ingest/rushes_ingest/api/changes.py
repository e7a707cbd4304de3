"""`PATCH` and `DELETE /v1/videos/{id}`, and the state of a deletion."""

from collections.abc import Awaitable, Callable
from typing import cast, get_args

from aiokafka.errors import KafkaError
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from rushes_ingest.store import find_source
from rushes_ingest.upload_service import PublishUpload, announce
from rushes_runtime import deletion
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import BrokerUnavailable
from rushes_runtime.generations import IS_ID, Mark, mark_of
from rushes_schemas.api import Accepted, Deletion
from rushes_schemas.events import ClearableField, Language, VideoDeleted, VideoUploaded
from rushes_schemas.upload_metadata import Description, Metadata, Title

CLEARABLE_FIELDS = get_args(ClearableField)


class VideoEdit(BaseModel):
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
        cleared = tuple(cast(ClearableField, name) for name in CLEARABLE_FIELDS if name in said and not said[name])
        kept = {name: value for name, value in said.items() if name not in cleared}
        return VideoUploaded(uri=uri, generation=generation, cleared=cleared, **kept)


def edit_routes(blobs: Blobs, publish: PublishUpload) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1/videos", tags=["ingest"])

    @router.patch("/{video_id}", status_code=202)
    async def edit(video_id: str, edit: VideoEdit) -> Accepted:
        """Correct title, description, language or metadata. Answered once the event is acknowledged; what depends on
        it follows within seconds."""
        source = await find_source(blobs, video_id)
        if source is None:
            raise HTTPException(404, f"There is no video {video_id!r}.")
        accepted_at = await announce(blobs, publish, edit.event(source.uri, source.generation), video_id)
        return Accepted(video_id=video_id, status_url=f"/v1/videos/{video_id}", accepted_at=accepted_at)

    return router


PublishDeletion = Callable[[VideoDeleted], Awaitable[object]]


def deletion_routes(blobs: Blobs, publish: PublishDeletion) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/videos", tags=["ingest"])

    @router.delete("/{video_id}", status_code=202)
    async def delete(video_id: str) -> Deletion:
        """Forget a video everywhere. Answered once the event is acknowledged; twice is no harm."""
        if not IS_ID.fullmatch(video_id):
            raise HTTPException(404, f"There is no video {video_id!r}.")
        event = VideoDeleted(video_id=video_id, at=now_ms(), generation=await deletion.ending(blobs, video_id))
        mark = await deletion.order(blobs, event)  # first: a broker without a memory is told again at the next start
        try:
            await publish(event)
        except KafkaError as error:
            raise BrokerUnavailable("the broker does not take the deletion's event; try again in a while") from error
        return _deletion_state(video_id, mark)

    @router.get("/{video_id}/deletion")
    async def deleted(video_id: str) -> Deletion:
        """How far the last deletion of a video is."""
        mark = await mark_of(blobs, video_id)
        if mark is None:
            raise HTTPException(404, f"The video {video_id!r} was not deleted.")
        return _deletion_state(video_id, mark)

    return router


def _deletion_state(video_id: str, mark: Mark) -> Deletion:
    facts = mark.model_dump(include={"at", "finished_at", "found", "left"})
    return Deletion(video_id=video_id, status_url=f"/v1/videos/{video_id}/deletion", **facts)
