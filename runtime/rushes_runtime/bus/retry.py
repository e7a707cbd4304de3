"""The retry scheduler: gives records that wait in a `<service>-retry` topic back to the topic they came from, in time.

What waits lies in the topic, not here: an offset is committed once that record and all before it have been given back.
The heap is only this process's view of what is not committed, so a restart forgets nothing and a waiting record holds
up no other.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from rushes_runtime.bus.connect import aiokafka_options
from rushes_runtime.bus.failure import own_headers
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.topics import group, retry_topic

POLL_MS = 200
PAUSE_S = 2.0

log = structlog.stdlib.get_logger("rushes.retry")


@dataclass(order=True)
class Waiting:
    """A record and when it is due, in ms since the epoch."""

    due_ms: int
    offset: int
    partition: TopicPartition = field(compare=False)
    record: ConsumerRecord = field(compare=False)


class Schedule:
    """What waits, in the order of its time, and up to which offset of each partition nothing waits any more."""

    def __init__(self) -> None:
        self._heap: list[Waiting] = []
        self._open: dict[TopicPartition, set[int]] = {}
        self._next: dict[TopicPartition, int] = {}

    def add(self, partition: TopicPartition, record: ConsumerRecord) -> None:
        """Take in a record that was read."""
        due = int(own_headers(record).get("not-before", "0"))
        heapq.heappush(self._heap, Waiting(due, record.offset, partition, record))
        self._open.setdefault(partition, set()).add(record.offset)
        self._next[partition] = max(self._next.get(partition, 0), record.offset + 1)

    def due(self, now_ms: int) -> Waiting | None:
        """The next record whose time has come; it waits on until it is `settle`d."""
        return self._heap[0] if self._heap and self._heap[0].due_ms <= now_ms else None

    def settle(self, waiting: Waiting) -> None:
        """The first record was given back."""
        heapq.heappop(self._heap)
        self._open[waiting.partition].discard(waiting.offset)

    def committable(self) -> dict[TopicPartition, int]:
        """For each partition the offset before which nothing waits."""
        return {partition: min(self._open[partition], default=end) for partition, end in self._next.items()}


@asynccontextmanager
async def retrying(service: str, settings: KafkaSettings, producer: AIOKafkaProducer) -> AsyncIterator[None]:
    """Run the scheduler of one service for as long as the context is open."""
    task = asyncio.create_task(_forever(service, settings, producer))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _forever(service: str, settings: KafkaSettings, producer: AIOKafkaProducer) -> None:
    while True:
        try:
            await _serve(service, settings, producer)
        except (KafkaError, OSError) as error:
            log.warning("the retry scheduler lost the broker; starting again", stage=service, error=repr(error))
            await asyncio.sleep(PAUSE_S)


async def _serve(service: str, settings: KafkaSettings, producer: AIOKafkaProducer) -> None:
    consumer = AIOKafkaConsumer(
        retry_topic(service),
        group_id=group(service) + "-retry",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=round(settings.session_timeout_s * 1000),
        heartbeat_interval_ms=round(settings.session_timeout_s * 1000 / 6),
        **aiokafka_options(settings),
    )
    async with consumer:
        schedule, assigned = Schedule(), consumer.assignment()
        while True:
            if assigned != consumer.assignment():
                # What waits in partitions that went elsewhere is theirs now; the rest is read again.
                schedule, assigned = Schedule(), consumer.assignment()
                if assigned:
                    await consumer.seek_to_committed(*assigned)
            for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                for record in records:
                    schedule.add(partition, record)
            if await _give_back(schedule, producer):
                await _commit(consumer, schedule)


async def _give_back(schedule: Schedule, producer: AIOKafkaProducer) -> bool:
    given = False
    while waiting := schedule.due(now_ms()):
        record = waiting.record
        topic = own_headers(record)["origin-topic"]
        await producer.send_and_wait(topic, record.value, key=record.key, headers=list(record.headers))
        schedule.settle(waiting)
        given = True
    return given


async def _commit(consumer: AIOKafkaConsumer, schedule: Schedule) -> None:
    try:
        await consumer.commit(schedule.committable())
    except (CommitFailedError, IllegalStateError) as error:
        log.warning("the partition moved on before its offset was committed", error=repr(error))
