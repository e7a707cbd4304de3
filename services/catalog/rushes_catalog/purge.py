"""Purging a deleted video: its points, its record, its blobs, and a count that proves that nothing is left."""

import structlog

from rushes_runtime import deletion
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.dead_store import kept_in_blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import SourceError
from rushes_runtime.generations import Mark, is_stored_since
from rushes_runtime.index.scene_collections import count_points, remove_points
from rushes_runtime.index.video_records import count_records, remove_record
from rushes_runtime.platform import Platform
from rushes_schemas.events import VideoDeleted

log = structlog.stdlib.get_logger("rushes.catalog")


class NotGone(SourceError):
    """Something of a deleted video is left: a stage that was working on the video has just stored it."""

    reason = "not_gone"


async def purge(platform: Platform, event: VideoDeleted) -> Mark:
    """Remove everything of a video that was sent before its deletion. Return the tombstone with what was counted.

    It may be repeated, also after an interruption at any point. Raises NotGone, BlobsUnavailable, IndexUnavailable.
    """
    blobs, index, video_id = platform.blobs, platform.index, event.video_id
    mark = await deletion.order(blobs, event)
    if await is_stored_since(blobs, video_id, mark):
        return await _finish(blobs, video_id, mark)  # an old record: what is stored now was sent after the deletion
    counts = await census(platform, video_id)
    # An interrupted run has removed some of it already, so the larger counts are the true ones.
    found = {thing: max(counts.get(thing, 0), mark.found.get(thing, 0)) for thing in {*counts, *mark.found}}
    mark = await deletion.tell(blobs, video_id, mark.model_copy(update={"found": found}))
    # Points go first: from then on no search answers with the video.
    await remove_points(index, video_id)
    await remove_record(index, video_id)
    await deletion.sweep(blobs, video_id)
    if (kept := kept_in_blobs(platform)) is not None:
        await kept.forget(video_id)
    left = await census(platform, video_id)
    if any(left.values()):
        raise NotGone(f"of the deleted video {video_id} there are still: {_listed(left)}")
    log.info("purged", video_id=video_id, removed=_listed(found))
    return await _finish(blobs, video_id, mark.model_copy(update={"left": dict.fromkeys(found, 0)}))


async def census(platform: Platform, video_id: str) -> dict[str, int]:
    """Return how many blobs of each stage, points and records there are of a video."""
    return {
        **await deletion.found(platform.blobs, video_id),
        "points": await count_points(platform.index, video_id),
        "catalog": await count_records(platform.index, video_id),
    }


async def _finish(blobs: Blobs, video_id: str, mark: Mark) -> Mark:
    mark = await deletion.tell(blobs, video_id, mark.model_copy(update={"finished_at": now_ms()}))
    await deletion.strike_out(blobs, video_id)
    return mark


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} of {thing}" for thing, count in counts.items() if count) or "nothing"
