"""What was set aside since it could not be read is made again: its video is published once more, and the stages make
what they don't find."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from rushes_runtime.blob_keys import video_of_key
from rushes_runtime.generations import find_source, is_deleted
from rushes_runtime.platform import Platform
from rushes_runtime.stored_json import NewerFormat
from rushes_runtime.unreadable import unreadable
from rushes_schemas.events import VideoUploaded

log = structlog.stdlib.get_logger("rushes.mend")


@dataclass(frozen=True)
class Mender:
    """Looks now and then. Each blob is asked for once in the life of a process; to be published twice does a video no
    harm."""

    platform: Platform
    publish: Callable[[VideoUploaded], Awaitable[object]]
    _asked: set[str] = field(default_factory=set)

    async def look(self) -> None:
        """Publish the videos of which something is missing that was set aside. Raises what the blob store and the
        broker raise."""
        missing: dict[str, list[str]] = {}
        async for key in unreadable(self.platform.blobs, "videos"):
            video_id = video_of_key(key)
            if video_id and key not in self._asked and not await self.platform.blobs.exists(key):
                missing.setdefault(video_id, []).append(key)
        for video_id, keys in missing.items():
            await self._ask(video_id)
            self._asked.update(keys)

    async def _ask(self, video_id: str) -> None:
        try:
            source = await find_source(self.platform.blobs, video_id)
        except NewerFormat as error:
            log.error("a video is left as it is", video_id=video_id, reason=str(error))
            return
        if source is None or await is_deleted(self.platform.blobs, video_id, source.generation):
            return
        log.warning("a video is published again, since something of it could not be read", video_id=video_id)
        event = VideoUploaded(uri=source.uri, accepted_at=source.stored_at, generation=source.generation)
        await self.publish(event)
