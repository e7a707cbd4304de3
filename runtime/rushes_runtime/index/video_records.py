"""The catalog's records in the index: one per video, with its facts, its status and the ledger of its segments.

Only the catalog's consumer, which handles a video's events in their order, replaces a record (`put_record`). Everybody
else changes a record only as it was read (`amend_record`).
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import structlog
from pydantic import ValidationError

from rushes_runtime.index.port import EVERYTHING, CollectionSpec, Filter, Index, Match, Point, Range
from rushes_schemas.index import (
    VIDEO_INTEGER_FIELDS,
    VIDEO_KEYWORD_FIELDS,
    VIDEOS_COLLECTION,
    VideoRecord,
    as_payload,
)

VIDEOS = CollectionSpec(keyword_fields=VIDEO_KEYWORD_FIELDS, integer_fields=VIDEO_INTEGER_FIELDS)
PAGE = 100
"""Records that are read at once."""

log = structlog.stdlib.get_logger("rushes.records")


async def ensure_videos(index: Index) -> None:
    """Create the catalog's collection if it is missing."""
    await index.ensure(VIDEOS_COLLECTION, VIDEOS)


async def find_record(index: Index, video_id: str) -> VideoRecord | None:
    """Return a video's record, or None if the catalog does not know the video or its record can't be read."""
    found = await index.get(VIDEOS_COLLECTION, [video_id])
    return read_record(found[0]) if found else None


def read_record(point: Point) -> VideoRecord | None:
    """Return the record in a point, or None, after a line in the log, if it can't be read.

    One bad record must not hide the others, or keep a service from starting.
    """
    try:
        return VideoRecord.model_validate(point.payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        log.error(
            "a video's record can't be read and is left out", video_id=point.id, reason=f"{where}: {first['msg']}"
        )
        return None


async def records(index: Index, filter: Filter = EVERYTHING) -> AsyncIterator[VideoRecord]:
    """Yield the records that pass a filter and can be read."""
    after: str | None = None
    while True:
        page = await index.scroll(VIDEOS_COLLECTION, filter, PAGE, after)
        for point in page.points:
            if (record := read_record(point)) is not None:
                yield record
        if (after := page.next) is None:
            return


async def put_record(index: Index, record: VideoRecord) -> None:
    """Replace a video's record. Only the catalog's consumer may do so; everybody else uses `amend_record`."""
    record = record.model_copy(update={"revision": _new_revision()})
    await index.upsert(VIDEOS_COLLECTION, [Point(record.video_id, as_payload(record))])


async def amend_record(index: Index, read: VideoRecord, **changes: Any) -> bool:
    """Change these fields of a record unless it was written or removed since it was `read`; return whether it changed.

    The index compares and writes in one step. So nothing that was written in between is lost, and a removed record
    does not come back.
    """
    revision = _new_revision()
    payload = as_payload(read.model_copy(update=changes))
    await index.set_payload(
        VIDEOS_COLLECTION, _as_read(read), {name: payload[name] for name in changes} | {"revision": revision}
    )
    # The write does not say how many points it changed, so look for our revision.
    ours = Filter([Match("video_id", [read.video_id]), Match("revision", [revision])])
    return await index.count(VIDEOS_COLLECTION, ours) == 1


async def count_records(index: Index, video_id: str) -> int:
    """Return the number of records of a video: 0 or 1."""
    return await index.count(VIDEOS_COLLECTION, _of_video(video_id))


async def remove_record(index: Index, video_id: str) -> None:
    """Remove a video's record."""
    await index.delete(VIDEOS_COLLECTION, _of_video(video_id))


def _of_video(video_id: str) -> Filter:
    return Filter([Match("video_id", [video_id])])


def _as_read(read: VideoRecord) -> Filter:
    unchanged = (
        Match("revision", [read.revision])
        if read.revision
        # Earlier versions wrote no revisions: the time stands in for one.
        else Range("updated_at", gte=read.updated_at, lt=read.updated_at + 1)
    )
    return Filter([Match("video_id", [read.video_id]), Match("status", [read.status]), unchanged])


def _new_revision() -> str:
    return uuid4().hex
