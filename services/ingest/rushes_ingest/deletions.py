"""`DELETE /v1/videos/{id}`, and what became of it."""

from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaError
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from rushes_runtime import deletion
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import BrokerUnavailable
from rushes_runtime.generations import IS_ID, Mark, mark_of
from rushes_schemas.events import VideoDeleted

Publish = Callable[[VideoDeleted], Awaitable[object]]


class Deletion(BaseModel):
    """How far the deletion of a video is. Times are in ms since the Unix epoch."""

    video_id: str
    at: int
    """What was sent of the video before this moment is removed."""
    finished_at: int | None
    """When nothing of it was counted any more; null: not yet."""
    found: dict[str, int]
    """How many things there were, by the stage that made them; the points and the catalog's record among them."""
    left: dict[str, int]
    """How many there are now, once it is finished."""
    status_url: str


def deletions(blobs: Blobs, publish: Publish) -> APIRouter:
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
        return _answer(video_id, mark)

    @router.get("/{video_id}/deletion")
    async def deleted(video_id: str) -> Deletion:
        """How far the last deletion of a video is."""
        mark = await mark_of(blobs, video_id)
        if mark is None:
            raise HTTPException(404, f"The video {video_id!r} was not deleted.")
        return _answer(video_id, mark)

    return router


def _answer(video_id: str, mark: Mark) -> Deletion:
    return Deletion(video_id=video_id, status_url=f"/v1/videos/{video_id}/deletion", **mark.model_dump())
