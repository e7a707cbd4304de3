"""Adding, deleting and what comes late of it: ordered by what the store says, whatever any clock says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rushes_catalog.purge import purge
from rushes_ingest.accepted_uploads import note_upload, noted_uploads, remove_note
from rushes_ingest.app import fetch_source
from rushes_ingest.disk_space import Quota
from rushes_ingest.settings import IngestSettings, SourceSettings
from rushes_ingest.sources.fetch import Fetcher
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.store import store
from rushes_runtime import deletion
from rushes_runtime.artefacts import write
from rushes_runtime.blobs import Blobs
from rushes_runtime.deletion import unless_deleted
from rushes_runtime.errors import Dropped
from rushes_runtime.generations import Mark, find_source, is_deleted, mark_key
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.settings import BlobSettings, Settings
from rushes_schemas.artefacts import Source, source_key
from rushes_schemas.events import LATEST_MS, VideoDeleted, VideoUploaded

from .faults import Faults, Killed, killed
from .video import source

BYTES = b"a film"
CLOCKS = st.one_of(st.integers(0, 5), st.integers(0, LATEST_MS))
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "uri", "raw", "delete", "raw delete", "again"]), CLOCKS, st.integers(0, 50)),
    min_size=1,
    max_size=20,
)


class NoIndex:
    """An index with nothing in it."""

    async def collections(self) -> list[str]:
        return []

    async def count(self, *_: Any) -> int:
        return 0

    async def delete(self, *_: Any) -> None:
        return None


async def chunks() -> AsyncIterator[bytes]:
    yield BYTES


async def added(blobs: Blobs, at: int) -> Source:
    """As the door does it, by a clock that says `at`."""
    return await store(blobs, chunks(), Quota("film.mp4", None, None, 0), sent_at=at)


FETCHER = Fetcher.of(UriPolicy(SourceSettings(), BlobSettings(), is_private=True))


def on(blobs: Blobs) -> Platform:
    index: Any = NoIndex()
    return Platform(Settings(), blobs, index, Metrics())


class History:
    """Plays steps on a store and on a model of it: which generation ended last, and whether one is alive."""

    def __init__(self, film: Path) -> None:
        self.film = film
        self.platform = on(Blobs("memory:///"))
        self.ended, self.is_alive, self.serial = 0, False, 0
        self.uploads: list[tuple[VideoUploaded, int | None]] = []
        """What was published, and the life that the store had it speak of, once that was known."""
        self.orders: list[VideoDeleted] = []
        self.lives: list[Source] = []

    @property
    def blobs(self) -> Blobs:
        return self.platform.blobs

    async def play(self, what: str, at: int, pick: int) -> None:
        if what == "add":
            self.lives.append(await added(self.blobs, at))
            self.is_alive = True
            assert self.lives[-1].generation == self.ended + 1
        elif what in ("uri", "raw"):
            await self.published(what, at)
        elif what == "delete":
            await self.deleted(VideoDeleted(video_id=ID, at=at, generation=await deletion.ending(self.blobs, ID)))
        elif what == "raw delete" and at not in {order.at for order in self.orders}:
            await self.deleted(VideoDeleted(video_id=ID, at=at))
        elif what == "again":
            await self.late(pick)
        await self.agrees()

    async def published(self, what: str, at: int) -> None:
        self.serial += 1  # two events of one millisecond that say the same are one
        event = VideoUploaded(uri=self.film.as_uri(), title=str(self.serial), accepted_at=at)
        if what == "uri":
            await note_upload(self.blobs, event)
        self.uploads.append((event, self.ended + 1 if what == "uri" else None))

    async def deleted(self, order: VideoDeleted) -> None:
        await purge(self.platform, order)
        self.orders.append(order)
        self.ended, self.is_alive = self.ended + 1, False

    async def late(self, pick: int) -> None:
        if self.orders and pick % 3 == 0:
            await purge(self.platform, self.orders[pick % len(self.orders)])
        elif self.uploads and pick % 3 == 1:
            await self.consumed(pick % len(self.uploads))

    async def consumed(self, number: int) -> None:
        event, life = self.uploads[number]
        try:
            self.lives.append(await fetch_source(event, self.platform, IngestSettings(), FETCHER))
        except Dropped:
            assert life is not None and life <= self.ended, "an upload that nobody had seen is not dropped"
        else:
            assert life is None or life > self.ended, "what came before a deletion brings nothing back"
            self.is_alive = True
            self.uploads[number] = event, self.ended + 1
        await remove_note(self.blobs, event)

    async def agrees(self) -> None:
        stored = await find_source(self.blobs, ID)
        assert (stored is not None) == self.is_alive
        assert stored is None or stored.generation == self.ended + 1
        for life in self.lives:
            assert await is_deleted(self.blobs, ID, life.generation) == (life.generation <= self.ended)
        assert [order async for order in deletion.orders(self.blobs)] == []


ID = asyncio.run(added(Blobs("memory:///"), 0)).video_id


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_adding_deleting_and_late_events_in_any_order_by_any_clock(tmp_path: Path, steps: Any) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(BYTES)

    async def play() -> None:
        history = History(film)
        for step in steps:
            await history.play(*step)

    asyncio.run(play())


async def test_added_again_after_the_clock_was_set_back() -> None:
    blobs = Blobs("memory:///")
    await added(blobs, at=9_000)
    await purge(on(blobs), VideoDeleted(video_id=ID, at=10_000))
    again = await added(blobs, at=5)
    assert not await is_deleted(blobs, ID, again.generation)
    async with unless_deleted(blobs, ID, again.generation):
        pass
    found = await find_source(blobs, ID)
    assert found and found.model_dump() == again.model_dump()


async def test_a_time_in_the_future_in_a_raw_event_keeps_no_video_from_being_added_again(tmp_path: Path) -> None:
    platform = on(Blobs("memory:///"))
    (film := tmp_path / "film.mp4").write_bytes(BYTES)
    raw = VideoUploaded(uri=film.as_uri(), accepted_at=LATEST_MS)
    await fetch_source(raw, platform, IngestSettings(), FETCHER)
    order = VideoDeleted(video_id=ID, at=5, generation=await deletion.ending(platform.blobs, ID))
    await purge(platform, order)
    assert (await added(platform.blobs, at=6)).generation == 2
    with pytest.raises(Dropped):
        await fetch_source(raw, platform, IngestSettings(), FETCHER)


async def test_killed_between_any_two_calls_of_adding_and_of_ordering(platform: Platform, faults: Faults) -> None:
    for at in range(1, 1000):
        lived = (await added(platform.blobs, at=1)).generation
        faults.arm(at, killed)
        with suppress(Killed):
            event = VideoDeleted(video_id=ID, at=1, generation=await deletion.ending(faults.platform.blobs, ID))
            await deletion.order(faults.platform.blobs, event)
        calls = faults.calls
        told = [order async for order in deletion.orders(platform.blobs)]
        for order in told:
            await purge(platform, order)
        assert (await find_source(platform.blobs, ID) is None) == bool(told), "all of it is deleted, or nothing"
        faults.arm(at, killed)
        with suppress(Killed):
            await added(faults.platform.blobs, at=1)
        now = await added(platform.blobs, at=1)
        assert now.generation == lived + bool(told) and not await is_deleted(platform.blobs, ID, now.generation)
        if max(calls, faults.calls) < at:
            assert at > 5
            return
    raise AssertionError("it never came to its end")


async def test_what_was_stored_and_deleted_before_there_were_generations_is_understood() -> None:
    blobs = Blobs("memory:///")
    old = source("old", stored_at=3000)
    await write(blobs, source_key(old.video_id) + ".json", old)
    await write(blobs, mark_key(old.video_id), Mark(at=2000, finished_at=2001))
    found = await find_source(blobs, old.video_id)
    assert found and found.generation == 2
    assert await is_deleted(blobs, old.video_id, 0, stored_at=2000)
    assert not await is_deleted(blobs, old.video_id, 0, stored_at=3000)
    await purge(on(blobs), VideoDeleted(video_id=old.video_id, at=2000))  # delivered once more
    assert await find_source(blobs, old.video_id) == found
    await purge(on(blobs), VideoDeleted(video_id=old.video_id, at=1, generation=found.generation))
    assert await find_source(blobs, old.video_id) is None
    assert await is_deleted(blobs, old.video_id, 0, stored_at=3000), "its records that are still on their way"


async def test_a_note_on_an_upload_of_before_is_struck_out_when_it_is_dealt_with() -> None:
    blobs = Blobs("memory:///")
    await blobs.put("pending/0123.json", b'{"uri": "file:///film.mp4", "accepted_at": 5}')
    for event in [event async for event in noted_uploads(blobs)]:
        await remove_note(blobs, event)
    assert [key async for key in blobs.list("pending")] == []
