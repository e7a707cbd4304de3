"""A burst of records that are no events, with a good one in the middle."""

import asyncio
import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from tests.flow.instance import EXAMPLES, Instance
from tests.in_full import IN_FULL

from rushes_testing.waiting import until

pytestmark = [pytest.mark.all, pytest.mark.timeout(400), *([pytest.mark.long] if IN_FULL else [])]

HALF = 10_000 if IN_FULL else 1_000
"""Before and behind the good one. `make test-long` runs it in full."""
GOOD = (EXAMPLES / "uneven-clock.mp4").as_uri()


async def test_burst_of_invalid_records_holds_nobody_up(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "data").start()
    async with AIOKafkaProducer(bootstrap_servers=instance.kafka) as producer:
        for value in [b"no event"] * HALF + [json.dumps({"uri": GOOD}).encode()] + [b'{"uri": 7}'] * HALF:
            await producer.send("video-uploaded", value)
        await producer.flush()

    async with instance.events("video-progress") as events:
        await events.until(lambda read: any(b'"stage":"embed"' in value for value, _ in read))
    assert await asyncio.to_thread(until, lambda: _total(instance) == 2 * HALF or None, 300)
    assert _total(instance, reason="not_an_event") == 2 * HALF
    assert instance.get("/readyz")["status"] == "ready"
    answer = instance.get("/v1/dead-letters", service="ingest", limit=1)
    assert (answer["total"], len(answer["dead_letters"])) == (2 * HALF, 1)
    [video] = instance.get("/v1/videos")["videos"]
    assert video["status"] == "indexed"
    assert instance.stop() == 0


def _total(instance: Instance, **wanted: str) -> int:
    """How many dead letters of ingest there are."""
    total: int = instance.get("/v1/dead-letters", service="ingest", limit=1, **wanted)["total"]
    return total
