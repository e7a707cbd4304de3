"""The retry scheduler: gives records that wait in a `<service>-retry` topic back to the topic they came from, in time.

What waits lies in the topic, not here: an offset is committed once that record and all before it have been given back.
The heap is only this process's view of what is not committed, so a restart forgets nothing and a waiting record holds
up no other.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from rushes_runtime.bus.connect import reading
from rushes_runtime.bus.failure import PREFIX, not_before_ms, own_headers
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.metrics import Metrics
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.topics import TOPICS, dead_letter_topic, retry_group, retry_topic

POLL_MS = 200
PAUSE_S = 2.0
MOST_WAITING = 10_000
"""Records of one process that wait in memory; the rest is read once some of them have been given back."""
ORIGINS = frozenset(topic.name for topic in TOPICS)

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

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, partition: TopicPartition, record: ConsumerRecord) -> None:
        """Take in a record that was read."""
        heapq.heappush(self._heap, Waiting(not_before_ms(record), record.offset, partition, record))
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


class SharedOut(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Whether partitions were shared out since somebody looked, be they the same ones: reading begins anew then."""

    anew = False

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Nothing has to be done: what waits lies in the topic."""

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Remember it."""
        self.anew = True


class Scheduler:
    """Gives the waiting records of one service back, each to its topic at its time."""

    def __init__(self, service: str, settings: KafkaSettings, metrics: Metrics, producer: AIOKafkaProducer) -> None:
        self._service = service
        self._settings = settings
        self._producer = producer
        self._waiting = metrics.waiting.labels(service)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run for as long as the context is open."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _forever(self) -> None:
        while True:
            try:
                async with self._reading() as consumer:
                    shared_out = SharedOut()
                    consumer.subscribe([retry_topic(self._service)], listener=shared_out)
                    await self._serve(consumer, shared_out)
            except Exception as error:  # noqa: BLE001  whatever it is, what waits must not wait for ever
                log.error("the retry scheduler starts again", stage=self._service, error=repr(error))
                await asyncio.sleep(PAUSE_S)

    def _reading(self) -> AbstractAsyncContextManager[AIOKafkaConsumer]:
        return reading(
            self._settings,
            group_id=retry_group(self._service),
            session_timeout_ms=round(self._settings.session_timeout_s * 1000),
            heartbeat_interval_ms=round(self._settings.session_timeout_s * 1000 / 6),
        )

    async def _serve(self, consumer: AIOKafkaConsumer, shared_out: SharedOut) -> None:
        schedule = Schedule()
        while True:
            if shared_out.anew:
                # What waits in partitions that went elsewhere is theirs now; the rest is read again.
                schedule, shared_out.anew = Schedule(), False
                if assigned := consumer.assignment():
                    await consumer.seek_to_committed(*assigned)
            await self._read(consumer, schedule)
            if await self._give_back(schedule):
                await _commit(consumer, schedule)
            self._waiting.set(len(schedule))

    async def _read(self, consumer: AIOKafkaConsumer, schedule: Schedule) -> None:
        adjust = consumer.pause if len(schedule) >= MOST_WAITING else consumer.resume
        adjust(*consumer.assignment())
        for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
            for record in records:
                schedule.add(partition, record)

    async def _give_back(self, schedule: Schedule) -> bool:
        given = False
        while waiting := schedule.due(now_ms()):
            await self._send(waiting.record)
            schedule.settle(waiting)
            given = True
        return given

    async def _send(self, record: ConsumerRecord) -> None:
        topic, headers = own_headers(record).get("origin-topic"), list(record.headers)
        if topic not in ORIGINS:
            log.error("a record that is no retry became a dead letter", stage=self._service, offset=record.offset)
            topic = dead_letter_topic(self._service)
            headers.append((PREFIX + "reason", b"not_a_retry"))
        await self._producer.send_and_wait(topic, record.value, key=record.key, headers=headers)


async def _commit(consumer: AIOKafkaConsumer, schedule: Schedule) -> None:
    try:
        await consumer.commit(schedule.committable())
    except (CommitFailedError, IllegalStateError) as error:
        log.warning("the partition moved on before its offset was committed", error=repr(error))
