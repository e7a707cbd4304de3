"""Reports count in the order of the log, also where a clock was set back or a publisher's is ahead."""

from rushes_catalog.ledger import applied, take_progress
from rushes_runtime.index.video_records import find_record
from rushes_runtime.platform import Platform
from rushes_runtime.provisional import show_accepted
from rushes_schemas.events import LATEST_MS, VideoProgress, VideoUploaded
from rushes_schemas.ids import provisional_id
from rushes_schemas.index import VideoRecord

from .video import planned, source

VIDEO = source("film", 1)
URI = "https://films.example/film.mp4"


def asr(status: str, at: int, recorded_at: int) -> VideoProgress:
    """What asr says at this time, by a record that was written at the other."""
    said = {"video_id": VIDEO.video_id, "segment": 0, "stage": "asr", "status": status, "at": at, "recipe": "r"}
    return VideoProgress.model_validate(said).as_of(recorded_at)


def status_after(record: VideoRecord | None, event: VideoProgress, offset: int | None) -> tuple[VideoRecord, str]:
    record = applied(record, event, offset)
    return record, record.segments["0"]["asr"].status


def test_a_segment_is_done_after_the_clock_was_set_back() -> None:
    failed, done = asr("failed", 10_000, 10_000), asr("done", 9_000, 9_000)
    record, _ = status_after(None, failed, 5)
    record, status = status_after(record, done, 6)
    assert status == "done"


def test_a_report_of_the_future_does_not_outlive_the_next_one() -> None:
    record, _ = status_after(None, asr("failed", LATEST_MS, 10_000), None)
    assert record.updated_at == 10_000
    record, status = status_after(record, asr("done", 10_001, 10_001), None)
    assert status == "done"


def test_an_older_report_that_is_delivered_again_changes_nothing() -> None:
    record, _ = status_after(None, asr("done", 10_000, 10_000), 6)
    assert applied(record, asr("failed", 9_000, 9_000), 5) == record.model_copy(update={"language": None})


def test_a_broker_that_counts_from_0_again_is_no_older() -> None:
    record, _ = status_after(None, asr("failed", 10_000, 10_000), 500)
    assert status_after(record, asr("done", 10_001, 10_001), 0)[1] == "done"


async def test_a_raw_event_of_the_future_leaves_nothing_once_its_uri_is_fetched(platform: Platform) -> None:
    forged = VideoUploaded(uri=URI, accepted_at=LATEST_MS).as_of(1000)
    await show_accepted(platform.index, forged)
    refused = VideoProgress(
        video_id=provisional_id(URI), stage="ingest", status="failed", at=LATEST_MS, source=forged
    ).as_of(1000)
    await take_progress(platform.index, refused)
    record = await find_record(platform.index, provisional_id(URI))
    assert record is not None and record.status == "failed"
    again = VideoUploaded(uri=URI, accepted_at=2000).as_of(2000)
    await show_accepted(platform.index, again)
    fetched = VideoProgress(
        video_id=VIDEO.video_id, stage="ingest", status="done", at=2000, video=planned(VIDEO).video, source=again
    ).as_of(2000)
    await take_progress(platform.index, fetched)
    assert await find_record(platform.index, provisional_id(URI)) is None
    assert await find_record(platform.index, VIDEO.video_id) is not None
