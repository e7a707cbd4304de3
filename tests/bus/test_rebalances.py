"""What a rebalance does to the record in hand. What it does to retries that wait: test_waiting_retries."""

import asyncio
from typing import Any

import pytest

from rushes_runtime.bus.in_hand import InHand
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_schemas.events import SegmentPlanned

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


async def test_nothing_waits_for_a_record_that_holds() -> None:
    in_hand = InHand(wait_s=30, holds=lambda: True)
    in_hand.taken()
    await in_hand.on_partitions_revoked(set())


async def test_work_that_takes_too_long_is_given_to_others() -> None:
    in_hand = InHand(wait_s=0, holds=lambda: False)
    in_hand.taken()
    await in_hand.on_partitions_revoked(set())
