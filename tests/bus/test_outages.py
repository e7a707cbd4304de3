"""What a consumer does while something else is wrong: it holds, and says so; it dead-letters nothing."""

import asyncio

import pytest
from aiokafka import ConsumerRecord

from rushes_ingest.sources.pace import FetchFailed
from rushes_runtime.blobs import BlobMissing
from rushes_runtime.bus.dead import DeadLetters, Wanted
from rushes_runtime.bus.dependencies import Dependencies
from rushes_runtime.bus.failure import Failure
from rushes_runtime.bus.settle import Holding, Settler
from rushes_runtime.checks import wrong
from rushes_runtime.deletion import BeingDeleted
from rushes_runtime.errors import ComputeError, InvalidError, TransientError
from rushes_runtime.index.port import IndexUnavailable
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.record_context import Subject
from rushes_schemas.events import Event, SegmentPlanned

from .conftest import QUICK
from .rig import running

pytestmark = pytest.mark.timeout(60)


class Place:
    """Something that a stage depends on, and that can be away."""

    def __init__(self) -> None:
        self.is_there = False
        self.asked = asyncio.Queue[bool]()

    async def ready(self) -> None:
        self.asked.put_nowait(self.is_there)
        if not self.is_there:
            raise TransientError("the place is away")

    async def use(self, event: SegmentPlanned) -> None:
        if not self.is_there:
            raise TransientError("can't reach the place")


async def test_lost_dependency_holds_the_record_in_hand(platform: Platform) -> None:
    place = Place()
    async with running(platform, place.use, {"place": place.ready}) as rig:
        await rig.publish(*range(5))
        for _ in range(20):  # far more looks than a record has attempts
            await place.asked.get()
        sentence = await wrong(rig.stage.checks["asr"])
        assert rig.seen.qsize() == 1
        place.is_there = True
        assert await rig.transcribed(5) == [0, 1, 2, 3, 4]
        assert await wrong(rig.stage.checks["asr"]) is None
        letters = await DeadLetters(platform.settings.kafka, platform.blobs).open(Wanted())
    assert sentence == "asr holds its record and waits: place: the place is away"
    assert not letters


async def test_everything_failing_the_same_way_stops_consuming(platform: Platform) -> None:
    deployed = {"bug": True}

    async def buggy(event: SegmentPlanned) -> None:
        if deployed["bug"]:
            raise KeyError("a bug just deployed")

    async with running(platform, buggy) as rig:
        await rig.publish(*range(50))
        for _ in range(30):
            await rig.seen.get()
        with pytest.raises(Holding, match="KeyError"):
            await rig.stage.checks["asr"]()
        deployed["bug"] = False
        assert sorted(await rig.transcribed(50)) == list(range(50))
        letters = await DeadLetters(platform.settings.kafka, platform.blobs).open(Wanted())
        assert await wrong(rig.stage.checks["asr"]) is None
    assert not letters


async def test_invalid_input_does_not_stop_consuming(platform: Platform) -> None:
    async def picky(event: SegmentPlanned) -> None:
        if event.segment.index < 30:
            raise InvalidError("odd", "it is odd")

    async with running(platform, picky) as rig:
        await rig.publish(*range(31))
        assert await rig.transcribed(1) == [30]
        assert await wrong(rig.stage.checks["asr"]) is None


async def test_some_failing_among_many_does_not_stop_consuming(platform: Platform) -> None:
    async def every_other_fails(event: SegmentPlanned) -> None:
        if event.segment.index % 2:
            raise TransientError("this one, always")

    async with running(platform, every_other_fails) as rig:
        await rig.publish(*range(20))
        await rig.records("asr-dlq", 10)
        assert sorted(await rig.transcribed(10)) == list(range(0, 20, 2))


async def test_sources_that_do_not_answer_open_no_breaker(platform: Platform) -> None:
    """Others' dead hosts: a good record behind them is done at once, however many they are."""

    async def fetches(event: SegmentPlanned) -> None:
        if event.segment.index < 30:
            raise FetchFailed(f"https://dead.example/{event.segment.index} can't be fetched")

    async with running(platform, fetches) as rig:
        await rig.publish(*range(31))
        assert await rig.transcribed(1) == [30]
        assert await wrong(rig.stage.checks["asr"]) is None
        assert rig.stage.settler.breaker.pause_s() == 0
        await rig.records("asr-dlq", 30)  # their attempts are counted


JUDGED = [
    (FetchFailed("a host is down"), False),
    (BlobMissing("there is no such blob"), False),
    (BeingDeleted("not yet"), False),
    (InvalidError("odd", "it is odd"), False),
    (KeyError("a bug"), True),
    (ComputeError("child_died", "it died"), True),
    (IndexUnavailable("it is slow"), True),
]


@pytest.mark.parametrize(("error", "counts"), JUDGED)
async def test_what_is_an_input_s_own_fault_never_counts_towards_the_breaker(error: Exception, counts: bool) -> None:
    settler = Settler("asr", QUICK, Metrics(), Dependencies({}, 1), Nowhere())
    record = ConsumerRecord("segment-planned", 0, 0, 0, 0, b"k", b"", None, 1, 0, ())
    for _ in range(100):
        await settler.put_aside(record, None, error, Subject())
    assert (settler.breaker.reason is not None) is counts


class Nowhere:
    """Takes what is put aside."""

    async def retry(self, record: ConsumerRecord, event: Event | None, failure: Failure) -> None:
        """It is taken."""

    async def bury(self, record: ConsumerRecord, event: Event | None, failure: Failure) -> None:
        """It is taken."""

    async def refuse_given_up(self, record: ConsumerRecord, event: Event) -> None:
        """It was not given up."""

    async def settled(self, record: ConsumerRecord) -> None:
        """It is settled."""
