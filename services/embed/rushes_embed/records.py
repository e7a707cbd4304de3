"""The catalog's records in the index, and how many points a video has there."""

from collections.abc import AsyncIterator

from rushes_embed.collection import of_video
from rushes_runtime.index.port import EVERYTHING, Index, Point
from rushes_schemas.index import SCENES_ALIAS, VIDEOS_COLLECTION, VideoRecord, as_payload

PAGE = 100


async def find_record(index: Index, video_id: str) -> VideoRecord | None:
    """A video's record, or None where the catalog does not know it."""
    found = await index.get(VIDEOS_COLLECTION, [video_id])
    return VideoRecord.model_validate(found[0].payload) if found else None


async def put_record(index: Index, record: VideoRecord) -> None:
    """Store a video's record in the place of the one before."""
    await index.upsert(VIDEOS_COLLECTION, [Point(record.video_id, as_payload(record))])


async def indexed_points(index: Index, video_id: str) -> int:
    """How many scenes of a video a search can find."""
    return await index.count(SCENES_ALIAS, of_video(video_id))


async def records(index: Index) -> AsyncIterator[VideoRecord]:
    """All records of the catalog."""
    after: str | None = None
    while True:
        page = await index.scroll(VIDEOS_COLLECTION, EVERYTHING, PAGE, after)
        for point in page.points:
            yield VideoRecord.model_validate(point.payload)
        if (after := page.next) is None:
            return
