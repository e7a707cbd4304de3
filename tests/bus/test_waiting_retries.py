"""What waits for a retry is not lost, though its consumers come and go, on Tansu and on Apache Kafka.

The clock of the schedulers stands still until everything else has happened: the retry waits longer than any of it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from rushes_runtime import tansu as embedded
from rushes_runtime.bus import retry
from rushes_runtime.platform import Platform
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.events import SegmentPlanned
from rushes_schemas.topics import SEGMENT_PLANNED, retry_group, retry_topic
from rushes_testing.waiting import until

from .conftest import platform_on
from .rig import Rig, planned, running

pytestmark = pytest.mark.timeout(120)

LATE_MS = 500_000
WITHIN_S = 30.0

Disturb = Callable[[Rig], Awaitable[None]]


@pytest.fixture(params=["tansu", pytest.param("apache", marks=pytest.mark.all)])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[KafkaSettings]:
    """How to reach a broker of this kind."""
    if request.param == "tansu":
        async with embedded.running() as address:
            yield KafkaSettings(bootstrap_servers=address, idempotent=False, session_timeout_s=2)
        return
    from tests.cluster.kafka import ApacheKafka

    with ApacheKafka(tmp_path / "kafka") as kafka:
        yield KafkaSettings(bootstrap_servers=kafka.addresses.plaintext, session_timeout_s=6)


@pytest.fixture
async def waiting(broker: KafkaSettings, tmp_path: Path, clock: list[int]) -> AsyncIterator[Rig]:
    """A stage with one retry that waits in the only partition of its topic, in which nothing was ever committed."""
    async with platform_on(broker, tmp_path, partitions=1) as platform, running(platform, succeed) as rig:
        await publish_retry(rig, 0, LATE_MS)
        await count_waiting(platform, 1)
        yield rig


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The schedulers' clock, in ms."""
    clock = [0]
    monkeypatch.setattr(retry, "now_ms", lambda: clock[0])
    return clock


async def succeed(event: SegmentPlanned) -> None:
    """The handler's work."""


async def publish_retry(rig: Rig, index: int, due_ms: int) -> None:
    """A retry of this segment, as a stage writes it down."""
    event = planned(index)
    headers = (
        ("rushes-origin-topic", SEGMENT_PLANNED.name.encode()),
        ("rushes-origin", b"segment-planned/0/%d" % index),
        ("rushes-not-before", str(due_ms).encode()),
    )
    value = event.model_dump_json().encode()
    await rig.publish_raw((event.key().encode(), value), topic=retry_topic("asr"), headers=headers)


async def count_waiting(platform: Platform, count: int) -> None:
    """Wait until the scheduler has so many records that wait."""

    def counted() -> bool | None:
        return platform.metrics.waiting.labels("asr")._value.get() == count or None

    assert await asyncio.to_thread(until, counted, WITHIN_S)


class Joined(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells when a consumer has its place in its group."""

    def __init__(self) -> None:
        self.joined = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Nothing to do."""

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """It has."""
        self.joined.set()


def member(settings: KafkaSettings, *topics: str) -> AIOKafkaConsumer:
    """A consumer in the schedulers' group that commits nothing by itself."""
    session_ms = round(settings.session_timeout_s * 1000)
    return AIOKafkaConsumer(
        *topics,
        bootstrap_servers=settings.bootstrap_servers,
        group_id=retry_group("asr"),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=session_ms,
        heartbeat_interval_ms=session_ms // 6,
    )


@asynccontextmanager
async def another_member(rig: Rig) -> AsyncIterator[None]:
    """Another process's scheduler, which is in the group and gives nothing back."""
    listener = Joined()
    consumer = member(rig.platform.settings.kafka)
    consumer.subscribe([retry_topic("asr")], listener=listener)
    async with consumer, asyncio.timeout(WITHIN_S):
        await listener.joined.wait()
        yield


async def joins_and_leaves(rig: Rig) -> None:
    """The partitions are shared out twice."""
    async with another_member(rig):
        pass


async def restarts(rig: Rig) -> None:
    """The scheduler ends, and another one begins."""
    await rig.consumers.stop()
    await rig.consumers.start()


@pytest.mark.parametrize("disturb", [joins_and_leaves, restarts])
async def test_a_waiting_retry_is_not_passed_by_a_later_one(waiting: Rig, clock: list[int], disturb: Disturb) -> None:
    await disturb(waiting)
    await publish_retry(waiting, 1, 0)
    async with asyncio.timeout(WITHIN_S):
        assert await waiting.transcribed(1) == [1]
    await disturb(waiting)
    clock[0] = LATE_MS
    async with asyncio.timeout(WITHIN_S):
        while await waiting.seen.get() != 0:
            pass  # what was given back before a restart may come once more
    await count_waiting(waiting.platform, 0)


async def test_a_later_retry_is_given_back_once_though_an_earlier_one_waits(waiting: Rig, clock: list[int]) -> None:
    """What was given back can't be committed, and is read again after each rebalance."""
    await publish_retry(waiting, 1, 0)
    assert await waiting.transcribed(1) == [1]
    async with another_member(waiting):
        pass
    clock[0] = LATE_MS
    assert await waiting.transcribed(2) == [1, 0]
    await waiting.publish(2)
    assert await waiting.transcribed(3) == [1, 0, 2]


async def test_offsets_of_a_longer_log_do_not_hide_a_retry(
    broker: KafkaSettings, tmp_path: Path, clock: list[int]
) -> None:
    """The group's offset lies behind the end of a log that was lost."""
    async with platform_on(broker, tmp_path, partitions=1) as platform:
        async with member(broker, retry_topic("asr")) as consumer:
            await consumer.commit({TopicPartition(retry_topic("asr"), 0): 50})
        async with running(platform, succeed) as rig:
            await publish_retry(rig, 0, 0)
            async with asyncio.timeout(WITHIN_S):
                assert await rig.transcribed(1) == [0]


async def test_a_time_that_never_comes_is_no_time_of_ours(waiting: Rig, clock: list[int]) -> None:
    """Anybody may write the header; the offset of what never is due would never be committed."""
    await publish_retry(waiting, 1, 999_999_999_999_999)
    await count_waiting(waiting.platform, 2)
    clock[0] = 1_000 * round(waiting.platform.settings.failures.retry_cap_s)
    async with asyncio.timeout(WITHIN_S):
        assert sorted(await waiting.transcribed(2)) == [0, 1]
