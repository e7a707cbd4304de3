"""Dead letters: listed, shown, replayed once, discarded."""

from typing import Any

import pytest

from rushes_runtime.bus.dead import DeadLetters, Wanted
from rushes_runtime.bus.stage import Stage
from rushes_runtime.errors import InvalidError
from rushes_runtime.platform import Platform
from rushes_schemas.events import SegmentPlanned, VideoProgress
from rushes_schemas.topics import VIDEO_PROGRESS

from .rig import VIDEO, running

pytestmark = pytest.mark.timeout(60)


class Door:
    """A handler's work that refuses until it is mended."""

    def __init__(self) -> None:
        self.mended = False

    async def __call__(self, event: SegmentPlanned) -> None:
        if not self.mended:
            raise InvalidError("odd" if event.segment.index % 2 else "even", "refused")


async def test_replay_gives_each_back_once(platform: Platform) -> None:
    door, letters = Door(), DeadLetters(platform.settings.kafka, platform.blobs)
    async with running(platform, door) as rig:
        await rig.publish(0, 1, 2)
        await rig.records("asr-dlq", 3)
        door.mended = True
        replayed = await letters.replay(Wanted(reason="even"))
        assert sorted(await rig.transcribed(2)) == [0, 2]
        assert [letter.segment for letter in await letters.open(Wanted())] == [1]
        assert await letters.replay(Wanted(reason="even")) == []
        told = [VideoProgress.model_validate_json(each.value) for each in await rig.records(VIDEO_PROGRESS.name, 5)]
    assert [letter.segment for letter in replayed] == [0, 2]
    assert [(each.segment, each.status, each.reason) for each in told[3:]] == [
        (0, "retrying", "replayed"),
        (2, "retrying", "replayed"),
    ]


async def test_replayed_record_that_fails_again_is_a_new_dead_letter(platform: Platform) -> None:
    letters = DeadLetters(platform.settings.kafka, platform.blobs)
    async with running(platform, Door()) as rig:
        await rig.publish(1)
        await rig.records("asr-dlq", 1)
        await letters.replay(Wanted())
        await rig.records("asr-dlq", 3)  # the dead letter, its marker, the new one
        (again,) = await letters.open(Wanted())
    assert (again.attempts, again.origin) == (1, "segment-planned/0/1")


async def test_filters_and_discard(platform: Platform) -> None:
    letters = DeadLetters(platform.settings.kafka, platform.blobs)
    async with running(platform, Door()) as rig:
        await rig.publish(0, 1)
        await rig.publish_raw((b"k", b"no event"))
        await rig.records("asr-dlq", 3)
    assert [letter.segment for letter in await letters.open(Wanted(video_id=VIDEO.video_id))] == [0, 1]
    assert len(await letters.open(Wanted(service="asr", newer_than_s=600))) == 3
    assert not await letters.open(Wanted(service="embed"))
    assert not await letters.open(Wanted(older_than_s=600))
    (odd,) = await letters.open(Wanted(reason="odd"))
    assert await letters.one(odd.id) == odd
    assert [letter.id for letter in await letters.discard(Wanted(ids=[odd.id]))] == [odd.id]
    assert await letters.one(odd.id) is None
    assert len(await letters.open(Wanted())) == 2


async def test_one_without_a_key_that_is_written_twice_is_one(
    partitioned: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written before its record's offset is committed: after kill -9 in between it is written again."""
    put, letters = Stage._put, DeadLetters(partitioned.settings.kafka, partitioned.blobs)

    async def twice(*what: Any) -> None:
        await put(*what)
        await put(*what)

    monkeypatch.setattr(Stage, "_put", twice)
    async with running(partitioned, Door()) as rig:
        await rig.publish_raw(*[(None, b"no event")] * 4)
        await rig.records("asr-dlq", 8)
    assert len(await letters.open(Wanted())) == 4
