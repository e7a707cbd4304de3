"""Accepting a stored upload: check it, publish its event, and only then confirm it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiokafka.errors import KafkaError

from rushes_ingest.accepted_uploads import note_upload
from rushes_ingest.store import delete_new_source
from rushes_ingest.upload_metadata import metadata_changed_at
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.deletion import BeingDeleted, sweep
from rushes_runtime.errors import BrokerUnavailable, InvalidError
from rushes_runtime.generations import is_deleted
from rushes_runtime.index.port import Index
from rushes_runtime.provisional import show_accepted
from rushes_schemas.api import Accepted
from rushes_schemas.artefacts import Source
from rushes_schemas.events import LATEST_MS, VideoUploaded

PublishUpload = Callable[[VideoUploaded], Awaitable[object]]


class PlayableCheck(Protocol):
    """Raises InvalidError unless a stored video seems playable; `name` is the video's name in the error."""

    async def __call__(self, key: str, name: str) -> None: ...


@dataclass(frozen=True)
class UploadService:
    """The last step of every kind of upload."""

    blobs: Blobs
    check: PlayableCheck
    publish: PublishUpload
    index: Index | None = None
    """Holds the catalog's records. None: accepted URIs are not listed before they are fetched."""

    async def accept(self, source: Source, event: VideoUploaded) -> Accepted:
        """Check a stored video and publish its event.

        Raises InvalidError, after which the bytes are deleted, unless they were sent before: an earlier upload of
        the same bytes may have been planned, or wait for it; BeingDeleted, after which they are deleted, unless they
        were sent again since; BrokerUnavailable, after which they are kept, so that the client can try again.
        """
        try:
            await self.check(source.key, event.filename or "the upload")
        except InvalidError:
            await delete_new_source(self.blobs, source)
            raise
        # A deletion may have been ordered while the bytes arrived. Its event would be dropped without a word.
        if await is_deleted(self.blobs, source.video_id, source.generation):
            # Its sweep may have run before the bytes got their key, so it did not remove them.
            await sweep(self.blobs, source.video_id)
            raise BeingDeleted(f"the video {source.video_id} was deleted while it arrived; send it again in a moment")
        event = event.model_copy(update={"generation": source.generation})
        accepted_at = await self.announce(event, source.video_id)
        return accepted_video(source.video_id, accepted_at)

    async def announce(self, event: VideoUploaded, video_id: str | None = None) -> int:
        """Publish an event and return when it was accepted. Raises BrokerUnavailable."""
        return await announce(self.blobs, self.publish, event, video_id, self.index)


def accepted_video(video_id: str, accepted_at: int) -> Accepted:
    """Return the response for a video whose event is acknowledged."""
    return Accepted(video_id=video_id, status_url=f"/v1/videos/{video_id}", accepted_at=accepted_at)


async def announce(
    blobs: Blobs, publish: PublishUpload, event: VideoUploaded, video_id: str | None = None, index: Index | None = None
) -> int:
    """Publish an event and return when it was accepted, in ms since the Unix epoch. Raises BrokerUnavailable.

    With an index, a URI that is not fetched yet is listed from then on.
    """
    # Metadata are merged in the order of `accepted_at`, so it has to grow even where this machine's clock is behind.
    changed_at = await metadata_changed_at(blobs, video_id) if video_id else 0
    accepted_at = min(max(now_ms(), changed_at + 1), LATEST_MS)
    event = event.model_copy(update={"accepted_at": accepted_at})
    # The note comes before the event: an embedded broker may lose the event at any moment after this.
    await note_upload(blobs, event)
    if index is not None:
        await show_accepted(index, event)
    try:
        await publish(event)
    except KafkaError as error:
        raise BrokerUnavailable("the broker does not take the upload's event; try again in a while") from error
    return accepted_at
