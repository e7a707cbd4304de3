"""The reconciler: what got lost is set going again, and what is only waiting is left alone."""

from collections.abc import AsyncIterator

import pytest

from rushes_catalog.reconciler import AGAIN, LOST, Reconciler, is_stuck
from rushes_catalog.settings import CatalogSettings
from rushes_runtime.bus.connect import publishing
from rushes_runtime.index.video_records import ensure_videos, find_record, put_record
from rushes_runtime.platform import Platform
from rushes_runtime.provisional import provisional_record
from rushes_schemas.events import VideoUploaded
from rushes_schemas.index import StageEntry, VideoRecord
from rushes_schemas.topics import retry_topic

from .rig import VIDEO

pytestmark = pytest.mark.timeout(60)

ID = VIDEO.video_id
LONG_AGO = 1_000_000_000_000
RECORD = VideoRecord(
    video_id=ID,
    status="processing",
    uri="file:///film.mp4",
    video=VIDEO.model_copy(update={"segment_count": 1}),
    created_at=LONG_AGO,
    updated_at=LONG_AGO,
    ingest=StageEntry(status="done", at=LONG_AGO),
)


class Looked:
    """A reconciler, and what it published."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.published: list[str] = []
        self.reconciler = Reconciler(platform, CatalogSettings(stuck_after_s=900), self._publish)

    async def _publish(self, event: VideoUploaded) -> None:
        self.published.append(event.uri)

    async def after(self, record: VideoRecord) -> VideoRecord:
        """The record once the reconciler has looked at it."""
        await put_record(self.platform.index, record)
        await self.reconciler.reconcile()
        found = await find_record(self.platform.index, record.video_id)
        assert found is not None
        return found


@pytest.fixture
async def looked(platform: Platform) -> AsyncIterator[Looked]:
    await ensure_videos(platform.index)
    yield Looked(platform)


async def test_video_that_nothing_is_scheduled_for_is_published_again(looked: Looked) -> None:
    await looked.platform.blobs.put(f"videos/{ID}/source", b"film")
    record = await looked.after(RECORD)
    assert looked.published == [f"blob:videos/{ID}/source"]
    assert (record.status, record.reason) == ("processing", AGAIN)
    await looked.reconciler.reconcile()
    assert len(looked.published) == 1  # it is given time


async def test_video_whose_bytes_are_elsewhere_is_fetched_again(looked: Looked) -> None:
    await looked.after(RECORD)
    assert looked.published == ["file:///film.mp4"]


async def test_video_whose_bytes_nobody_knows_is_failed(looked: Looked) -> None:
    record = await looked.after(RECORD.model_copy(update={"uri": None}))
    assert (record.status, record.reason, looked.published) == ("failed", LOST, [])


@pytest.mark.parametrize(
    ("accepted", "published"),
    [("https://a.example/film.mp4", ["https://a.example/film.mp4"]), ("https://me:secret@a.example/film.mp4", [])],
)
async def test_accepted_uri_that_nothing_is_scheduled_for_is_published_again(
    looked: Looked, accepted: str, published: list[str]
) -> None:
    """Unless a password was cut off: the same record would wait for another URI for ever."""
    record = provisional_record(VideoUploaded(uri=accepted, accepted_at=LONG_AGO))
    left = await looked.after(record)
    assert looked.published == published
    assert (left.status, left.reason) == (("processing", AGAIN) if published else ("failed", LOST))


async def test_video_that_waits_for_a_retry_is_left_alone(looked: Looked) -> None:
    async with publishing(looked.platform.settings.kafka) as producer:
        await producer.send_and_wait(retry_topic("scenes"), b"{}", timestamp_ms=LONG_AGO - 1)
    left = await looked.after(RECORD)
    assert left == RECORD.model_copy(update={"revision": left.revision})
    assert not looked.published


@pytest.mark.parametrize(
    ("oldest_ms", "now_ms", "stuck"),
    [
        (None, 1_500, False),  # not silent for long enough
        (None, 2_001, True),
        (999, 9_000, False),  # something older than its last word is still to be done
        (1_500, 9_000, False),  # a retry that was given back after its wait
        (2_001, 9_000, True),  # every consumer is past it
    ],
)
def test_stuck_is_silent_and_passed_by_all_consumers(oldest_ms: int | None, now_ms: int, stuck: bool) -> None:
    record = RECORD.model_copy(update={"updated_at": 1_000})
    assert is_stuck(record, oldest_ms, now_ms, after_ms=1_000) is stuck


def test_settled_video_is_never_stuck() -> None:
    assert not is_stuck(RECORD.model_copy(update={"status": "indexed"}), None, LONG_AGO * 2, after_ms=1_000)
