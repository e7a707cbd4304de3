"""The reconciler beside the catalog and a deletion: whoever proceeds, no progress is lost and nothing comes back."""

from collections.abc import Sequence
from contextlib import suppress
from random import Random

import pytest

from rushes_catalog import reconciler
from rushes_catalog.ledger import applied, is_complete, take_progress, with_status
from rushes_catalog.purge import NotGone, purge
from rushes_catalog.reconciler import Reconciler
from rushes_catalog.settings import CatalogSettings
from rushes_runtime.deletion import drops_deleted, order
from rushes_runtime.errors import Dropped
from rushes_runtime.index.port import Point
from rushes_runtime.index.video_records import amend_record, find_record, put_record, remove_record
from rushes_runtime.platform import Platform
from rushes_schemas.events import VideoDeleted, VideoProgress, VideoUploaded
from rushes_schemas.index import VIDEOS_COLLECTION, VideoRecord, as_payload

from .turns import Turns
from .video import planned, source

HISTORIES = 40
LONG_AGO = 1_000_000_000_000


def progress(seed: int) -> tuple[str, list[VideoProgress]]:
    """A video's id, and what its stages say of it: two segments, with retries and failures here and there."""
    random, stored = Random(seed), source(f"film {seed}", LONG_AGO)
    video = planned(stored).video.model_copy(update={"segment_count": 2})
    uploaded = VideoUploaded(uri="file:///film.mp4", accepted_at=LONG_AGO)
    said = [{"stage": "ingest", "status": "done", "recipe": "r", "video": video, "source": uploaded}]
    for stage in ("asr", "scenes", "embed"):
        for segment in random.sample((0, 1), 2):
            if random.random() < 0.3:
                said.append({"stage": stage, "status": "retrying", "reason": "busy: wait", "segment": segment})
            status = "failed" if stage != "embed" and random.random() < 0.1 else "done"
            said.append({"stage": stage, "status": status, "segment": segment, "points": 0})
    return stored.video_id, [
        VideoProgress.model_validate({"video_id": stored.video_id, "at": LONG_AGO + k, "stored_at": LONG_AGO} | one)
        for k, one in enumerate(said)
    ]


def folded(events: Sequence[VideoProgress]) -> VideoRecord:
    """The model: the same events with nobody else about."""
    record = None
    for event in events:
        record = applied(record, event)
    assert record is not None
    return with_status(record, 0 if is_complete(record) else None)


class Beside:
    """The three that write a video's record, on one platform."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.published: list[VideoUploaded] = []

    async def catalog(self, events: Sequence[VideoProgress]) -> None:
        """Handle the events as the consumer does."""

        @drops_deleted(self.platform.blobs, lambda video_id: remove_record(self.platform.index, video_id))
        async def handled(event: VideoProgress) -> None:
            await take_progress(self.platform.index, event)

        for event in events:
            with suppress(Dropped):
                await handled(event)

    async def reconciler(self, looks: int) -> None:
        """Look for stuck videos so many times."""

        async def publish(event: VideoUploaded) -> None:
            self.published.append(event)

        for _ in range(looks):
            await Reconciler(self.platform, CatalogSettings(stuck_after_s=900), publish).reconcile()

    async def deletion(self, video_id: str) -> None:
        """Delete the video, again until nothing of it is there."""
        event = VideoDeleted(video_id=video_id, at=LONG_AGO + 1000)
        await order(self.platform.blobs, event)
        while True:
            try:
                await purge(self.platform, event)
                return
            except NotGone:
                pass


@pytest.fixture(autouse=True)
def _nothing_is_scheduled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No consumer has anything before it, so each silent video is stuck."""

    async def lags(_: object) -> list[object]:
        return []

    monkeypatch.setattr(reconciler, "lags", lags)


async def test_progress_is_never_lost_whenever_the_reconciler_looks(platform: Platform) -> None:
    for seed in range(HISTORIES):
        video_id, events = progress(seed)
        turns = Turns(platform, seed)
        beside = Beside(turns.platform)
        await turns.play(beside.catalog(events), beside.reconciler(3))
        found, model = await find_record(platform.index, video_id), folded(events)
        assert found is not None, seed
        assert (found.segments, found.ingest, found.video) == (model.segments, model.ingest, model.video), seed
        assert found.status == model.status, seed
        await remove_record(platform.index, video_id)


async def test_deleted_video_never_comes_back_whenever_the_reconciler_looks(platform: Platform) -> None:
    for seed in range(HISTORIES):
        video_id, events = progress(seed)
        turns = Turns(platform, seed)
        beside, told = Beside(turns.platform), seed % 3 + 1  # so much was said before, and what is left comes late
        await Beside(platform).catalog(events[:told])
        await turns.play(
            beside.reconciler(1), beside.deletion(video_id), beside.catalog(events[told : told + seed % 2])
        )
        assert await find_record(platform.index, video_id) is None, seed


async def test_record_that_moved_on_is_not_amended(platform: Platform) -> None:
    await put_record(platform.index, record("x"))
    read = await find_record(platform.index, record("x").video_id)
    assert read is not None
    assert await amend_record(platform.index, read, reason="first")
    assert not await amend_record(platform.index, read, reason="second")
    found = await find_record(platform.index, read.video_id)
    assert found is not None and found.reason == "first"
    await remove_record(platform.index, read.video_id)
    assert not await amend_record(platform.index, found, reason="third")
    assert await find_record(platform.index, read.video_id) is None


async def test_record_of_a_version_without_revisions_is_amended(platform: Platform) -> None:
    read = record("old")
    await platform.index.upsert(VIDEOS_COLLECTION, [Point(read.video_id, as_payload(read))])
    assert await amend_record(platform.index, read, status="failed", reason="lost")
    assert not await amend_record(platform.index, read, status="failed", reason="lost")


def record(name: str) -> VideoRecord:
    """A video that is being worked on."""
    id = source(name, 1).video_id
    return VideoRecord(video_id=id, status="processing", created_at=LONG_AGO, updated_at=LONG_AGO)
