"""The catalog's records in the index, and how many points a video has there."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from rushes_embed.collection import of_video
from rushes_runtime.index.port import EVERYTHING, Filter, Index, Match, Point, Range
from rushes_schemas.index import SCENES_ALIAS, VIDEOS_COLLECTION, VideoRecord, as_payload

PAGE = 100


async def find_record(index: Index, video_id: str) -> VideoRecord | None:
    """A video's record, or None where the catalog does not know it."""
    found = await index.get(VIDEOS_COLLECTION, [video_id])
    return VideoRecord.model_validate(found[0].payload) if found else None


async def put_record(index: Index, record: VideoRecord) -> None:
    """Store a video's record in the place of the one before. Only who handles the video's events in their order, the
    catalog's consumer, may do that; anybody else amends."""
    record = record.model_copy(update={"revision": _new_revision()})
    await index.upsert(VIDEOS_COLLECTION, [Point(record.video_id, as_payload(record))])


async def amend_record(index: Index, read: VideoRecord, **changes: Any) -> bool:
    """Change these fields of a record, unless it was written or removed since it was `read`; whether that was done.

    The index compares and writes in one step, so nothing that was written in between is lost, and no record that was
    removed comes back.
    """
    revision = _new_revision()
    payload = as_payload(read.model_copy(update=changes))
    await index.set_payload(
        VIDEOS_COLLECTION, _as_read(read), {name: payload[name] for name in changes} | {"revision": revision}
    )
    ours = Filter([Match("video_id", [read.video_id]), Match("revision", [revision])])
    return await index.count(VIDEOS_COLLECTION, ours) == 1


def _as_read(read: VideoRecord) -> Filter:
    unchanged = (
        Match("revision", [read.revision])
        if read.revision
        else Range("updated_at", gte=read.updated_at, lt=read.updated_at + 1)  # of a version that wrote no revisions
    )
    return Filter([Match("video_id", [read.video_id]), Match("status", [read.status]), unchanged])


def _new_revision() -> str:
    return uuid4().hex


async def indexed_points(index: Index, video_id: str) -> int:
    """How many scenes of a video a search can find."""
    return await index.count(SCENES_ALIAS, of_video(video_id))


async def records(index: Index, filter: Filter = EVERYTHING) -> AsyncIterator[VideoRecord]:
    """The records of the catalog that pass a filter."""
    after: str | None = None
    while True:
        page = await index.scroll(VIDEOS_COLLECTION, filter, PAGE, after)
        for point in page.points:
            yield VideoRecord.model_validate(point.payload)
        if (after := page.next) is None:
            return
