"""What a rebalance does to the record in hand, and to what waits."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from rushes_runtime.bus import retry
from rushes_runtime.bus.in_hand import InHand
from rushes_runtime.bus.schedule import Schedule
from rushes_runtime.errors import TransientError
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_schemas.events import SegmentPlanned
from rushes_schemas.topics import group

from .rig import running

pytestmark = pytest.mark.timeout(60)


def another(platform: Platform) -> Platform:
    """The platform as another process has it."""
    return Platform(platform.settings, platform.blobs, platform.index, Metrics())


async def test_rebalance_waits_for_the_record_in_hand(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, asked, may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()
    waits = InHand.on_partitions_revoked

    async def spied(in_hand: InHand, revoked: Any) -> None:
        if revoked:
            asked.set()
        await waits(in_hand, revoked)

    async def slow(event: SegmentPlanned) -> None:
        begun.set()
        await may_end.wait()

    monkeypatch.setattr(InHand, "on_partitions_revoked", spied)
    async with running(platform, slow) as one:
        await one.publish(0, 1, 2)
        await begun.wait()
        joining = asyncio.create_task(_joined(another(platform), slow))
        await asked.wait()
        may_end.set()
        seen_there = await joining
        assert await one.transcribed(3) == [0, 1, 2]
        assert one.seen.qsize() + seen_there == 3


async def _joined(platform: Platform, work: Any) -> int:
    async with running(platform, work) as other:
        await other.transcribed(3)
        return other.seen.qsize()


async def test_what_waits_is_given_back_once_though_partitions_were_shared_out_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebalance that leaves all partitions where they are has their consumer read anew all the same."""
    reads, clock = asyncio.Queue[int](), [0]
    add = Schedule.add

    def spied(schedule: Schedule[Any, Any], partition: TopicPartition, record: Any) -> None:
        add(schedule, partition, record)
        reads.put_nowait(len(schedule))

    async def fails_at_first(event: SegmentPlanned) -> None:
        if clock[0] == 0 and event.segment.index == 0:
            raise TransientError("not now")

    monkeypatch.setattr(Schedule, "add", spied)
    monkeypatch.setattr(retry, "now_ms", lambda: clock[0])
    async with running(platform, fails_at_first) as rig:
        await rig.publish(0)
        assert await reads.get() == 1
        async with _member(platform, group("asr") + "-retry", "asr-dlq"):
            assert await reads.get() == 1
        assert await reads.get() == 1  # it has left again
        clock[0] = 10**15
        assert await rig.transcribed(1) == [0]
        await rig.publish(1)
        await rig.transcribed(2)
        assert [rig.seen.get_nowait() for _ in range(rig.seen.qsize())] == [0, 0, 1]


def _member(platform: Platform, name: str, topic: str) -> AIOKafkaConsumer:
    """Another member of a group, who wants another topic."""
    return AIOKafkaConsumer(topic, bootstrap_servers=platform.settings.kafka.bootstrap_servers, group_id=name)


async def test_nothing_waits_for_a_record_that_holds() -> None:
    in_hand = InHand(wait_s=30, holds=lambda: True)
    in_hand.taken()
    await in_hand.on_partitions_revoked(set())


async def test_work_that_takes_too_long_is_given_to_others() -> None:
    in_hand = InHand(wait_s=0, holds=lambda: False)
    in_hand.taken()
    await in_hand.on_partitions_revoked(set())
