"""What a deletion removes, whatever it is interrupted by, and whatever is at work meanwhile."""

from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial

import pytest

from rushes_catalog.purge import purge
from rushes_ingest.disk_space import Quota
from rushes_ingest.store import store
from rushes_runtime import deletion
from rushes_runtime.artefacts import write
from rushes_runtime.deletion import BeingDeleted, drops_deleted
from rushes_runtime.errors import Dropped
from rushes_runtime.generations import find_source, is_deleted
from rushes_runtime.index.scene_collections import remove_points
from rushes_runtime.platform import Platform
from rushes_schemas.events import SegmentPlanned, VideoDeleted

from .faults import Faults, Killed, killed
from .video import planned, source, store_all, store_points, traces

FILM, OTHER = source("film", stored_at=1000), source("other", stored_at=1000)
ORDER = VideoDeleted(video_id=FILM.video_id, at=2000)
ENDED = ORDER.model_copy(update={"generation": 1})


async def test_everything_of_the_video_goes_and_nothing_of_another(platform: Platform) -> None:
    await store_all(platform, FILM)
    await store_all(platform, OTHER)
    before = await traces(platform, OTHER.video_id)
    mark = await purge(platform, ORDER)
    assert mark.found == {"upload": 3, "ingest": 2, "asr": 1, "scenes": 2, "embed": 1, "points": 4, "catalog": 1}
    assert mark.left == dict.fromkeys(mark.found, 0) and mark.finished_at
    assert await traces(platform, FILM.video_id) == []
    assert await traces(platform, OTHER.video_id) == before != []


async def test_killed_before_each_call_it_is_finished_by_the_redelivered_event(
    platform: Platform, faults: Faults
) -> None:
    await store_all(platform, OTHER)
    untouched = await traces(platform, OTHER.video_id)
    for at in range(1, 1000):
        await store_all(platform, FILM)
        order = VideoDeleted(video_id=FILM.video_id, at=2000 + at)
        faults.arm(at, killed)
        try:
            await purge(faults.platform, order)
        except Killed:
            mark = await purge(platform, order)
            assert not any(mark.left.values()) and mark.finished_at
        assert await traces(platform, FILM.video_id) == []
        assert await traces(platform, OTHER.video_id) == untouched
        if faults.calls < at:
            assert at > 20, "the deletion was interrupted at each of its calls"
            return
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("kill_too", [False, True], ids=["deleted", "deleted and killed"])
async def test_deleted_at_each_call_of_a_stage_that_is_at_work(
    platform: Platform, faults: Faults, kill_too: bool
) -> None:
    """The stage writes an artefact and points, and its record is delivered twice."""

    @drops_deleted(faults.platform.blobs, partial(remove_points, faults.platform.index))
    async def stage(event: SegmentPlanned) -> SegmentPlanned:
        await write(faults.platform.blobs, f"videos/{event.video.video_id}/0/embed-d1.json", event.segment)
        await store_points(faults.platform, event.video.video_id)
        return event

    for at in range(1, 1000):
        film = source(f"film {at}", stored_at=1000)

        async def deleted(video_id: str = film.video_id) -> None:
            await purge(platform, VideoDeleted(video_id=video_id, at=2000))
            if kill_too:
                raise Killed

        faults.arm(at, deleted)
        await store_all(platform, film)
        for _ in range(2):
            with suppress(Dropped, Killed):
                await stage(planned(film))
        if faults.calls < at:
            assert at > 10, "the stage was interrupted at each of its calls"
            return
        assert await traces(platform, film.video_id) == []
    raise AssertionError("it never came to its end")


async def test_a_life_after_the_deletion_is_not_touched_by_what_comes_late_of_the_one_before(
    platform: Platform,
) -> None:
    await store_all(platform, FILM)
    await purge(platform, ORDER)
    again = source("film", stored_at=3000)
    await store_all(platform, again)
    whole = await traces(platform, FILM.video_id)

    @drops_deleted(platform.blobs, partial(remove_points, platform.index))
    async def stage(event: SegmentPlanned) -> SegmentPlanned:
        return event

    with pytest.raises(Dropped):
        await stage(planned(FILM))
    assert await stage(planned(again))
    await purge(platform, ORDER)  # delivered once more
    assert await traces(platform, FILM.video_id) == whole
    assert [order async for order in deletion.orders(platform.blobs)] == []


async def test_bytes_are_not_taken_in_while_their_deletion_goes_on(platform: Platform) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"film"

    def quota() -> Quota:
        return Quota("film.mp4", None, most=100, keep_free=0)

    stored = await store(platform.blobs, chunks(), quota())
    order = VideoDeleted(video_id=stored.video_id, at=2000)
    await deletion.order(platform.blobs, order)
    with pytest.raises(BeingDeleted):
        await store(platform.blobs, chunks(), quota())
    await purge(platform, order)
    assert await find_source(platform.blobs, stored.video_id) is None
    await store(platform.blobs, chunks(), quota())
    assert await find_source(platform.blobs, stored.video_id)


async def test_a_broker_without_a_memory_is_told_again_of_what_is_not_finished(platform: Platform) -> None:
    await deletion.order(platform.blobs, ORDER)
    assert [order async for order in deletion.orders(platform.blobs)] == [ENDED]
    await purge(platform, ORDER)
    assert [order async for order in deletion.orders(platform.blobs)] == []
    await platform.blobs.put(f"videos/{FILM.video_id}/0/keyframes-c1/40.jpg", b"left by a stage that was killed")
    assert [order async for order in deletion.orders(platform.blobs)] == [ENDED]
    await purge(platform, ORDER)
    assert await traces(platform, FILM.video_id) == []


async def test_marks_go_when_no_topic_can_hold_anything_older(platform: Platform) -> None:
    await purge(platform, ORDER)
    await deletion.forget_marks(platform.blobs, before_ms=2000)
    assert await is_deleted(platform.blobs, FILM.video_id, 1)
    await deletion.forget_marks(platform.blobs, before_ms=2001)
    assert not await is_deleted(platform.blobs, FILM.video_id, 1)
