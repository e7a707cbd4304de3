"""What becomes of a record that could not be done, on a real broker. The rows of docs/failures.md."""

import pytest
import structlog

from rushes_runtime.bus.dead import DeadLetters, Wanted
from rushes_runtime.errors import ComputeError, InvalidError, TransientError
from rushes_runtime.platform import Platform
from rushes_runtime.record_context import enter
from rushes_schemas.events import SegmentPlanned, VideoProgress
from rushes_schemas.topics import VIDEO_PROGRESS

from .rig import VIDEO, running

pytestmark = pytest.mark.timeout(60)


class FailsAtFirst:
    """A handler's work that fails so many times and then does not."""

    def __init__(self, times: int, error: Exception) -> None:
        self.left = times
        self.error = error

    async def __call__(self, event: SegmentPlanned) -> None:
        if self.left:
            self.left -= 1
            raise self.error


async def test_transient_failure_is_tried_again(platform: Platform) -> None:
    async with running(platform, FailsAtFirst(2, TransientError("a blip"))) as rig:
        await rig.publish(0)
        assert await rig.transcribed(1) == [0]
        assert not rig.given_up
        told = [VideoProgress.model_validate_json(each.value) for each in await rig.records(VIDEO_PROGRESS.name, 2)]
    assert [(each.stage, each.status, each.reason) for each in told] == [("asr", "retrying", "transient: a blip")] * 2


async def test_bug_is_tried_again(platform: Platform) -> None:
    async with running(platform, FailsAtFirst(1, KeyError("x"))) as rig:
        await rig.publish(0)
        assert await rig.transcribed(1) == [0]


async def test_spent_attempts_make_a_dead_letter(platform: Platform) -> None:
    async with running(platform, FailsAtFirst(99, TransientError("for ever"))) as rig:
        await rig.publish(0)
        (record,) = await rig.records("asr-dlq", 1)
        assert rig.seen.qsize() == 3
        (letter,) = await DeadLetters(platform.settings.kafka, platform.blobs).open(Wanted())
        told = [VideoProgress.model_validate_json(each.value) for each in await rig.records(VIDEO_PROGRESS.name, 3)]
    assert record.value == (await _value(0))
    assert (letter.attempts, letter.reason, letter.video_id, letter.segment) == (3, "transient", VIDEO.video_id, 0)
    assert told[-1].status == "failed"


async def test_crashing_child_has_fewer_attempts(platform: Platform) -> None:
    settings = platform.settings.model_copy(
        update={"failures": platform.settings.failures.model_copy(update={"max_compute_attempts": 2})}
    )
    few = Platform(settings, platform.blobs, platform.index, platform.metrics)
    async with running(few, FailsAtFirst(99, ComputeError("child_died", "it died"))) as rig:
        await rig.publish(0)
        await rig.records("asr-dlq", 1)
        assert rig.seen.qsize() == 2


async def test_invalid_input_is_a_dead_letter_at_once(platform: Platform) -> None:
    async with running(platform, FailsAtFirst(99, InvalidError("too_odd", "it is too odd"))) as rig:
        await rig.publish_raw((b"a key", await _value(7)), headers=(("mine", b"\xff"),))
        await rig.records("asr-dlq", 1)
        assert rig.seen.qsize() == 1
        (letter,) = await DeadLetters(platform.settings.kafka, platform.blobs).open(Wanted())
    assert (letter.reason, letter.error, letter.attempts) == ("too_odd", "InvalidError: it is too odd", 1)
    assert (letter.key, letter.value.encode()) == ("a key", await _value(7))
    assert (letter.origin, letter.origin_topic, letter.recipe) == ("segment-planned/0/0", "segment-planned", "abc123")
    assert "FailsAtFirst" in letter.stack or "__call__" in letter.stack
    assert list(letter.headers) == ["mine"]


async def test_dead_letter_names_its_video_whatever_becomes_of_the_log_context(platform: Platform) -> None:
    async def clears_the_logger(event: SegmentPlanned) -> None:
        structlog.contextvars.clear_contextvars()
        enter(None)
        raise InvalidError("too_odd", "it is too odd")

    async with running(platform, clears_the_logger) as rig:
        await rig.publish(7)
        await rig.records("asr-dlq", 1)
        (letter,) = await DeadLetters(platform.settings.kafka, platform.blobs).open(Wanted())
        (told,) = [VideoProgress.model_validate_json(each.value) for each in await rig.records(VIDEO_PROGRESS.name, 1)]
    assert (letter.video_id, letter.segment, letter.recipe) == (VIDEO.video_id, 7, "abc123")
    assert (told.video_id, told.segment, told.status) == (VIDEO.video_id, 7, "failed")


@pytest.mark.parametrize("value", [b"", b"not JSON", b"[]", b"{}", b"\xff\xfe", b'{"video": 1}', b"null"])
async def test_record_that_is_no_event_is_a_dead_letter(platform: Platform, value: bytes) -> None:
    async with running(platform, FailsAtFirst(0, KeyError())) as rig:
        await rig.publish_raw((b"k", value))
        await rig.publish(1)
        assert await rig.transcribed(1) == [1]
        (letter,) = await DeadLetters(platform.settings.kafka, platform.blobs).open(Wanted())
    assert letter.reason == "not_an_event"
    assert "segment-planned/0/0" in letter.error


async def test_headers_that_anybody_wrote_do_no_harm(platform: Platform) -> None:
    hostile = (
        ("rushes-attempt", b"many"),
        ("rushes-not-before", b"-1e9"),
        ("rushes-origin-topic", b"elsewhere"),
        ("ce_id", b"\xff\xff"),
    )
    async with running(platform, FailsAtFirst(0, KeyError())) as rig:
        await rig.publish_raw((b"k", await _value(3)), headers=hostile)
        assert await rig.transcribed(1) == [3]
        await rig.publish_raw((b"k", await _value(4)), topic="asr-retry", headers=hostile)
        (record,) = await rig.records("asr-dlq", 1)
    assert record.value == await _value(4)
    assert ("rushes-reason", b"not_a_retry") in record.headers


async def test_waiting_retry_holds_nobody_up(platform: Platform) -> None:
    long = platform.settings.failures.model_copy(update={"retry_base_s": 3600, "retry_cap_s": 3600})
    patient = Platform(
        platform.settings.model_copy(update={"failures": long}), platform.blobs, platform.index, platform.metrics
    )

    async def first_fails(event: SegmentPlanned) -> None:
        if event.segment.index == 0:
            raise TransientError("not now")

    async with running(patient, first_fails) as rig:
        await rig.publish(0, 1, 2, 3)
        assert await rig.transcribed(3) == [1, 2, 3]


async def test_waiting_retry_survives_a_restart(platform: Platform) -> None:
    failing = FailsAtFirst(1, TransientError("not now"))
    async with running(platform, failing) as rig:
        await rig.publish(0)
        await rig.records("asr-retry", 1)
    async with running(platform, FailsAtFirst(0, KeyError())) as rig:
        assert await rig.transcribed(1) == [0]


async def test_failing_last_word_is_said_again(platform: Platform) -> None:
    """What is to happen when a segment is given up is done, even where it fails at first."""
    async with running(platform, FailsAtFirst(99, InvalidError("odd", "odd"))) as rig:
        fails = FailsAtFirst(1, TransientError("no broker, no blobs"))
        said: list[str] = []

        @rig.stage.gives_up
        async def give_up(event: object, failure: object) -> None:
            await fails(event)  # type: ignore[arg-type]
            said.append("given up")

        await rig.publish(0)
        await rig.records("asr-dlq", 2)  # written down again with it
        letters = await DeadLetters(platform.settings.kafka, platform.blobs).open(Wanted())
    assert said == ["given up"]
    assert len(letters) == 1


async def _value(index: int) -> bytes:
    from .rig import planned

    return planned(index).model_dump_json().encode()
