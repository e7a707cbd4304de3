"""A record of the catalog that can't be read hides no other, and keeps nothing from starting."""

import pytest
from structlog.testing import capture_logs

from rushes_ingest.accepted_uploads import unfinished_uploads
from rushes_query.index_reader import IndexReader, UnknownId
from rushes_query.library.videos import Library
from rushes_runtime.artefacts import write
from rushes_runtime.index.port import Point
from rushes_runtime.index.video_records import find_record, put_record, records
from rushes_runtime.platform import Platform
from rushes_schemas.artefacts import source_note_key
from rushes_schemas.index import VIDEOS_COLLECTION, VideoRecord, as_payload

from .video import planned, source

GOOD, BAD = source("good film", 1), source("bad film", 1)


async def test_a_record_that_can_not_be_read_is_left_out_with_a_line_in_the_log(platform: Platform) -> None:
    for stored in (GOOD, BAD):
        video = planned(stored).video
        record = VideoRecord(video_id=stored.video_id, status="processing", video=video, created_at=1, updated_at=1)
        await put_record(platform.index, record)
        await write(platform.blobs, source_note_key(stored.video_id), stored)
    bad = as_payload(record) | {"video": as_payload(video) | {"size_bytes": 2.0**65}}
    await platform.index.upsert(VIDEOS_COLLECTION, [Point(BAD.video_id, bad)])

    with capture_logs() as lines:
        assert [one.video_id async for one in records(platform.index)] == [GOOD.video_id]
    assert [line["video_id"] for line in lines] == [BAD.video_id]
    assert await find_record(platform.index, BAD.video_id) is None
    library = Library(IndexReader(platform.index), platform.blobs)
    assert [one.video_id for one in (await library.videos(10, None)).videos] == [GOOD.video_id]
    with pytest.raises(UnknownId):
        await library.video(BAD.video_id)
    # What a start of the embedded mode publishes again makes the record anew.
    assert {one.uri async for one in unfinished_uploads(platform)} == {GOOD.uri, BAD.uri}
