"""Dead letters, in topics and in the blob store: listed, shown, replayed once, discarded."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rushes_runtime import tansu as embedded
from rushes_runtime.bus.dead import Wanted
from rushes_runtime.bus.dead_blobs import BlobDeadLetters
from rushes_runtime.bus.dead_store import dead_letters
from rushes_runtime.bus.stage import Stage
from rushes_runtime.errors import InvalidError
from rushes_runtime.platform import Platform
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.events import SegmentPlanned, VideoProgress
from rushes_schemas.topics import VIDEO_PROGRESS

from .conftest import platform_on
from .rig import VIDEO, planned, running

pytestmark = pytest.mark.timeout(60)


class Door:
    """A handler's work that refuses until it is mended."""

    def __init__(self) -> None:
        self.mended = False

    async def __call__(self, event: SegmentPlanned) -> None:
        if not self.mended:
            raise InvalidError("odd" if event.segment.index % 2 else "even", "refused")


def keeping(platform: Platform, dead_letters: Any) -> Platform:
    """The platform with its dead letters kept there."""
    failures = platform.settings.failures.model_copy(update={"dead_letters": dead_letters})
    return replace(platform, settings=platform.settings.model_copy(update={"failures": failures}))


@pytest.fixture(params=["topics", "blobs"])
def kept(platform: Platform, request: pytest.FixtureRequest) -> Platform:
    """A platform with each kind of store."""
    return keeping(platform, request.param)


async def test_replay_gives_each_back_once(kept: Platform) -> None:
    door, letters = Door(), dead_letters(kept)
    async with running(kept, door) as rig:
        await rig.publish(0, 1, 2)
        await rig.dead(3)
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


async def test_replayed_record_that_fails_again_is_a_new_dead_letter(kept: Platform) -> None:
    letters = dead_letters(kept)
    async with running(kept, Door()) as rig:
        await rig.publish(1)
        await rig.dead(1)
        (first,) = await letters.replay(Wanted())
        await rig.dead(1)
        (again,) = await letters.open(Wanted())
        await letters.replay(Wanted())
        await rig.dead(1)
        (thrice,) = await letters.open(Wanted())
    assert (again.attempts, again.origin) == (1, "segment-planned/0/1")
    assert len({first.id, again.id, thrice.id}) == 3


async def test_filters_and_discard(kept: Platform) -> None:
    letters = dead_letters(kept)
    async with running(kept, Door()) as rig:
        await rig.publish(0, 1)
        await rig.publish_raw((b"k", b"no event"))
        await rig.dead(3)
    assert [letter.segment for letter in await letters.open(Wanted(video_id=VIDEO.video_id))] == [0, 1]
    assert len(await letters.open(Wanted(service="asr", newer_than_s=600))) == 3
    assert not await letters.open(Wanted(service="embed"))
    assert not await letters.open(Wanted(older_than_s=600))
    (odd,) = await letters.open(Wanted(reason="odd"))
    assert await letters.one(odd.id) == odd
    assert [letter.id for letter in await letters.discard(Wanted(ids=[odd.id]))] == [odd.id]
    assert await letters.one(odd.id) is None
    assert len(await letters.open(Wanted())) == 2


async def test_letter_says_what_the_record_was(kept: Platform) -> None:
    headers = (("ce_id", b"7"), ("odd", b"\xff"))
    async with running(kept, Door()) as rig:
        await rig.publish_raw((b"key", b"\xff\x00"), (None, b"no event"), headers=headers)
        await rig.dead(2)
    binary, text = await dead_letters(kept).open(Wanted())
    assert (binary.value, binary.is_base64, binary.key) == ("/wA=", True, "key")
    assert (text.value, text.is_base64, text.key, text.headers["ce_id"]) == ("no event", False, None, "7")
    assert (text.reason, text.origin, text.origin_topic) == ("not_an_event", "segment-planned/0/1", "segment-planned")
    assert "not_an_event" in text.stack or "InvalidError" in text.stack


@pytest.mark.parametrize("where", ["topics", "blobs"])
async def test_one_without_a_key_that_is_written_twice_is_one(
    partitioned: Platform, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """It is written before its record's offset is committed: after kill -9 in between it is written again."""
    kept = keeping(partitioned, where)
    writer, name = (Stage, "_put") if where == "topics" else (BlobDeadLetters, "keep")
    put = getattr(writer, name)

    async def twice(*what: Any) -> None:
        await put(*what)
        await put(*what)

    monkeypatch.setattr(writer, name, twice)
    async with running(kept, Door()) as rig:
        await rig.publish_raw(*[(None, b"no event")] * 4)
        await rig.dead(4)
    assert len(await dead_letters(kept).open(Wanted())) == 4


# What only the blob store can do: to outlive the broker.


@pytest.fixture
def blobs(platform: Platform) -> Platform:
    """A platform that keeps its dead letters in the blob store."""
    return keeping(platform, "blobs")


@pytest.fixture
async def restarted(blobs: Platform, tmp_path: Path) -> AsyncIterator[Platform]:
    """The same blob store and another broker, which knows nothing."""
    async with embedded.running() as address:
        kafka = KafkaSettings(bootstrap_servers=address, idempotent=False, session_timeout_s=2)
        async with platform_on(kafka, tmp_path / "again", partitions=1) as platform:
            yield keeping(replace(platform, blobs=blobs.blobs), "blobs")


async def test_what_was_given_up_stays_given_up_when_the_broker_forgets(blobs: Platform, restarted: Platform) -> None:
    async with running(blobs, Door()) as rig:
        await rig.publish(0, 1)
        await rig.dead(2)
    letters, mended = BlobDeadLetters(restarted.settings.kafka, restarted.blobs), Door()
    mended.mended = True
    before = await letters.open(Wanted())
    (discarded,) = await letters.discard(Wanted(reason="odd"))
    async with running(restarted, mended) as rig:
        await rig.publish(0, 1, 2)  # as the start of the embedded mode has it: everything anew
        assert await rig.transcribed(1) == [2]
        assert [failure.reason for failure in await rig.dead(2)] == ["even", "odd"]
        assert [failure.sentence for failure in rig.given_up] == ["refused", "refused"]  # and so the video goes on
        assert rig.seen.get_nowait() == 2 and rig.seen.empty()
        told = [VideoProgress.model_validate_json(each.value) for each in await rig.records(VIDEO_PROGRESS.name, 2)]
        assert [(each.segment, each.status, each.reason) for each in told] == [
            (0, "failed", "even: refused"),
            (1, "failed", "odd: refused"),
        ]
        assert await letters.open(Wanted()) == [letter for letter in before if letter.id != discarded.id]
        await letters.replay(Wanted())
        assert await rig.transcribed(2) == [2, 0]


async def test_replay_that_the_broker_forgot_is_published_again(blobs: Platform, restarted: Platform) -> None:
    async with running(blobs, Door()) as rig:
        await rig.publish(0)
        await rig.dead(1)
    await BlobDeadLetters(blobs.settings.kafka, blobs.blobs).replay(Wanted())  # to nobody: the process ends here
    letters, mended = BlobDeadLetters(restarted.settings.kafka, restarted.blobs), Door()
    mended.mended = True
    assert await letters.open(Wanted()) == []
    async with running(restarted, mended) as rig:
        await rig.publish(0)  # as everything that is not finished, and before the replay
        assert await letters.resume() == 1
        await rig.publish(1)
        assert await rig.transcribed(2) == [0, 1]
    assert await letters.resume() == 0


async def test_replay_that_no_broker_takes_leaves_the_letter_open(
    blobs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(blobs, Door()) as rig:
        await rig.publish(0)
        await rig.dead(1)
    letters = BlobDeadLetters(blobs.settings.kafka, blobs.blobs)

    async def refused(*_: object) -> None:
        raise InvalidError("not_replayable", "no")

    monkeypatch.setattr("rushes_runtime.bus.dead_blobs.republish", refused)
    with pytest.raises(InvalidError):
        await letters.replay(Wanted())
    assert len(await letters.open(Wanted())) == 1


async def test_letters_of_a_deleted_video_and_old_ones_are_removed(blobs: Platform) -> None:
    async with running(blobs, Door()) as rig:
        await rig.publish(0)
        await rig.publish_raw((b"k", b"no event"))
        await rig.dead(2)
    letters = BlobDeadLetters(blobs.settings.kafka, blobs.blobs)
    await letters.forget(planned(0).video.video_id)
    (other,) = await letters.open(Wanted())
    assert other.video_id is None
    await letters.expire(other.at)
    assert await letters.open(Wanted()) == [other]
    await letters.expire(other.at + 1)
    assert [key async for key in blobs.blobs.list("dead-letters")] == []
