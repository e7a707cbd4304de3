"""Accepting a stored upload: check it, publish its event, and only then confirm it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiokafka.errors import KafkaError

from rushes_ingest.accepted_uploads import note_upload
from rushes_ingest.store import Source, delete_source
from rushes_ingest.upload_metadata import metadata_changed_at
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.deletion import BeingDeleted
from rushes_runtime.errors import BrokerUnavailable, InvalidError
from rushes_runtime.generations import is_deleted
from rushes_runtime.index.port import Index
from rushes_runtime.provisional import show_accepted
from rushes_schemas.api import Accepted
from rushes_schemas.events import VideoUploaded

PublishUpload = Callable[[VideoUploaded], Awaitable[object]]


class PlayableCheck(Protocol):
    """Raises InvalidError unless a stored video looks playable; `name` is what the error calls it."""

    async def __call__(self, key: str, name: str) -> None: ...


@dataclass(frozen=True)
class UploadService:
    """What both ways of uploading end with."""

    blobs: Blobs
    check: PlayableCheck
    publish: PublishUpload
    index: Index | None = None
    """Where the catalog's records lie, in which accepted URIs are listed; None: they are not."""

    async def accept(self, source: Source, event: VideoUploaded) -> Accepted:
        """Look at a stored video and announce it. Raises InvalidError and BeingDeleted, and then its bytes are gone;
        BrokerUnavailable, and then they are still there."""
        try:
            await self.check(source.key, event.filename or "the upload")
        except InvalidError:
            await delete_source(self.blobs, source)
            raise
        if await is_deleted(self.blobs, source.video_id, source.generation):
            raise BeingDeleted(f"the video {source.video_id} was deleted while it arrived; send it again in a moment")
        event = event.model_copy(update={"generation": source.generation})
        accepted_at = await self.announce(event, source.video_id)
        video_id = source.video_id
        return Accepted(video_id=video_id, status_url=f"/v1/videos/{video_id}", accepted_at=accepted_at)

    async def announce(self, event: VideoUploaded, video_id: str | None = None) -> int:
        """Publish an event; when it was accepted. Raises BrokerUnavailable."""
        return await announce(self.blobs, self.publish, event, video_id, self.index)


async def announce(
    blobs: Blobs, publish: PublishUpload, event: VideoUploaded, video_id: str | None = None, index: Index | None = None
) -> int:
    """Publish an event; when it was accepted, in ms since the Unix epoch. A URI that is yet to be fetched is listed in
    the index from then on. Raises BrokerUnavailable.

    What is said of a video counts from then on, so that is after all that was said of it before, whatever the clock is.
    """
    accepted_at = max(now_ms(), await metadata_changed_at(blobs, video_id) + 1 if video_id else 0)
    event = event.model_copy(update={"accepted_at": accepted_at})
    await note_upload(blobs, event)
    if index is not None:
        await show_accepted(index, event)
    try:
        await publish(event)
    except KafkaError as error:
        raise BrokerUnavailable("the broker does not take the upload's event; try again in a while") from error
    return accepted_at
