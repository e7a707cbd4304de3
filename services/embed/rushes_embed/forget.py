"""Forgetting a video: its points, its record, its blobs, and the proof by counting."""

import structlog

from rushes_embed.collection import count_points, remove_points
from rushes_runtime import deletion
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.dead_store import kept_in_blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import SourceError
from rushes_runtime.generations import Mark, is_stored_since
from rushes_runtime.index.port import Filter, Index, Match
from rushes_runtime.platform import Platform
from rushes_schemas.events import VideoDeleted
from rushes_schemas.index import VIDEOS_COLLECTION

log = structlog.stdlib.get_logger("rushes.catalog")


class NotGone(SourceError):
    """Something of a deleted video is still there: a stage that was at work on it has just put it there."""

    reason = "not_gone"


async def forget(platform: Platform, event: VideoDeleted) -> Mark:
    """Remove all that there is of a video and was sent before its deletion; what was found, and that nothing is left.

    Safe to do twice, and to begin again after it was interrupted anywhere. Raises NotGone, BlobsUnavailable,
    IndexUnavailable.
    """
    blobs, index, video_id = platform.blobs, platform.index, event.video_id
    mark = await deletion.order(blobs, event)
    if await is_stored_since(blobs, video_id, mark):
        return await _finish(blobs, video_id, mark)  # a record of long ago; what is there now came after it
    there = await census(platform, video_id)
    found = {thing: max(there.get(thing, 0), mark.found.get(thing, 0)) for thing in {*there, *mark.found}}
    mark = await deletion.tell(blobs, video_id, mark.model_copy(update={"found": found}))
    await remove_points(index, video_id)
    await remove_record(index, video_id)
    await deletion.sweep(blobs, video_id)
    if (kept := kept_in_blobs(platform)) is not None:
        await kept.forget(video_id)
    left = await census(platform, video_id)
    if any(left.values()):
        raise NotGone(f"of the deleted video {video_id} there are still: {_told(left)}")
    log.info("forgotten", video_id=video_id, removed=_told(found))
    return await _finish(blobs, video_id, mark.model_copy(update={"left": dict.fromkeys(found, 0)}))


async def _finish(blobs: Blobs, video_id: str, mark: Mark) -> Mark:
    mark = await deletion.tell(blobs, video_id, mark.model_copy(update={"finished_at": now_ms()}))
    await deletion.strike_out(blobs, video_id)
    return mark


async def census(platform: Platform, video_id: str) -> dict[str, int]:
    """How many blobs of each stage, points and records there are of a video."""
    return {
        **await deletion.found(platform.blobs, video_id),
        "points": await count_points(platform.index, video_id),
        "catalog": await platform.index.count(VIDEOS_COLLECTION, _record_of(video_id)),
    }


async def remove_record(index: Index, video_id: str) -> None:
    """Have the catalog know nothing of a video."""
    await index.delete(VIDEOS_COLLECTION, _record_of(video_id))


def _record_of(video_id: str) -> Filter:
    return Filter([Match("video_id", [video_id])])


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} of {thing}" for thing, count in counts.items() if count) or "nothing"
