"""The retry scheduler: gives records that wait in a `<service>-retry` topic back to the topic they came from, in time.

What waits lies in the topic, not here: an offset is committed once that record and all before it have been given back.
What is due when, and what may be committed, is decided by `schedule`; this is the part that speaks to the broker.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from rushes_runtime.blobs import Blobs
from rushes_runtime.bus import oversize
from rushes_runtime.bus.connect import reading
from rushes_runtime.bus.failure import not_before_ms, own_headers, returned_headers
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.bus.schedule import Entry, Schedule, Waiting
from rushes_runtime.errors import InvalidError
from rushes_runtime.metrics import Metrics
from rushes_runtime.settings import Settings
from rushes_schemas.topics import TOPICS, retry_group, retry_topic

POLL_MS = 200
PAUSE_S = 2.0
POSTPONED_S = 5.0
"""How long a record that can't be given back waits on, for what it lacks to come back."""
MOST_WAITING = 10_000
"""Records of one process that wait in memory; the rest is read once some of them have been given back."""
MOST_BYTES = 64 * 1024 * 1024
"""The same in bytes of keys and values."""
ORIGINS = frozenset(topic.name for topic in TOPICS)

Bury = Callable[[ConsumerRecord, InvalidError], Awaitable[None]]
"""Makes a record that can't be given back a dead letter."""

log = structlog.stdlib.get_logger("rushes.retry")


class SharedOut(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Follows the rebalances of one consumer. aiokafka calls it while the scheduler is at any await."""

    is_ours = False
    """Whether the partitions that were assigned last are still ours."""
    anew = False
    """Whether partitions were assigned since the scheduler looked, be they the same ones: reading begins anew then."""

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """What waits lies in the topic; whoever gets the partition gives it back."""
        self.is_ours = False

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Remember it."""
        self.is_ours = self.anew = True


class Scheduler:
    """Gives the waiting records of one service back, each to its topic at its time."""

    def __init__(
        self,
        service: str,
        settings: Settings,
        metrics: Metrics,
        producer: AIOKafkaProducer,
        blobs: Blobs,
        bury: Bury,
    ) -> None:
        self._service = service
        self._settings = settings.kafka
        self._longest_ms = round(settings.failures.retry_cap_s * 1000)
        self._producer = producer
        self._blobs = blobs
        self._bury = bury
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
        schedule: Schedule[TopicPartition, ConsumerRecord] = Schedule(MOST_WAITING, MOST_BYTES)
        while True:
            if shared_out.anew:
                shared_out.anew = False
                schedule.revoke()
                await _begin(consumer, schedule)
                continue  # partitions may have been shared out again meanwhile
            await self._read(consumer, schedule, shared_out)
            await self._give_back(schedule, shared_out)
            await _commit(consumer, schedule)
            self._waiting.set(len(schedule))

    async def _read(
        self, consumer: AIOKafkaConsumer, schedule: Schedule[TopicPartition, ConsumerRecord], shared_out: SharedOut
    ) -> None:
        """Take in what there is. What comes of another assignment than the schedule is of is read again."""
        adjust = consumer.pause if schedule.is_full else consumer.resume
        adjust(*consumer.assignment())
        read = await consumer.getmany(timeout_ms=POLL_MS)
        if shared_out.anew or not shared_out.is_ours:
            schedule.revoke()
            return
        latest_ms = now_ms() + self._longest_ms
        for partition, records in read.items():
            for record in records:
                schedule.add(partition, _entry(record, latest_ms))
        for partition in consumer.assignment():
            end = consumer.highwater(partition)
            if end is not None and end < schedule.position(partition):
                await consumer.seek_to_beginning(partition)
                schedule.restart(partition, await consumer.position(partition))

    async def _give_back(self, schedule: Schedule[TopicPartition, ConsumerRecord], shared_out: SharedOut) -> None:
        while shared_out.is_ours and not shared_out.anew and (waiting := schedule.due(now_ms())):
            try:
                await self._return(waiting.entry.record)
            except Exception as error:
                if isinstance(error, KafkaError) and error.retriable:
                    raise  # nothing can be given back just now
                self._postpone(schedule, waiting, error)
            else:
                schedule.settle(waiting)

    def _postpone(
        self,
        schedule: Schedule[TopicPartition, ConsumerRecord],
        waiting: Waiting[TopicPartition, ConsumerRecord],
        error: Exception,
    ) -> None:
        where = f"{waiting.partition.topic}/{waiting.partition.partition}/{waiting.offset}"
        log.error("a retry can't be given back; trying again", stage=self._service, record=where, error=repr(error))
        schedule.postpone(waiting, now_ms() + round(POSTPONED_S * 1000))

    async def _return(self, record: ConsumerRecord) -> None:
        """Give a record back to its topic, or make it a dead letter where that can't be."""
        topic = own_headers(record).get("origin-topic")
        try:
            if topic not in ORIGINS:
                raise InvalidError("not_a_retry", f"{_where(record)} names no topic that it came from")
            whole = await oversize.whole(self._blobs, record)
            headers = list(returned_headers(whole).items())
            partition = await oversize.partition_of(self._producer, topic, whole.key, _where(record))
            try:
                await self._producer.send_and_wait(
                    topic, whole.value, key=whole.key, partition=partition, headers=headers
                )
            except oversize.TOO_LARGE:
                raise InvalidError("too_large", f"{_where(record)} is larger than {topic} takes") from None
        except InvalidError as error:
            log.error("a retry became a dead letter", stage=self._service, error=str(error))
            await self._bury(record, error)


async def _begin(consumer: AIOKafkaConsumer, schedule: Schedule[TopicPartition, ConsumerRecord]) -> None:
    """Set where each assigned partition is read from: at its committed offset, else at its beginning.

    None is left where aiokafka has it: that may be behind records that were read for a schedule that is forgotten.
    """
    starts: dict[TopicPartition, int] = {}
    try:
        for partition in consumer.assignment():
            committed = await consumer.committed(partition)
            if committed is None:
                await consumer.seek_to_beginning(partition)
                starts[partition] = await consumer.position(partition)
            else:
                consumer.seek(partition, committed)
                starts[partition] = committed
    except IllegalStateError:
        return  # shared out again: this is called once more
    schedule.assign(starts)


async def _commit(consumer: AIOKafkaConsumer, schedule: Schedule[TopicPartition, ConsumerRecord]) -> None:
    if not (offsets := schedule.committable()):
        return
    try:
        await consumer.commit(offsets)
        schedule.committed(offsets)
    except (CommitFailedError, IllegalStateError) as error:
        log.warning("the partition moved on before its offset was committed", error=repr(error))


def _entry(record: ConsumerRecord, latest_ms: int) -> Entry[ConsumerRecord]:
    """No record waits longer than a failure has it wait, whoever wrote its headers and whatever the clock was then: it
    would hold back the commit for as long."""
    size = len(record.key or b"") + len(record.value or b"")
    return Entry(record.offset, record.timestamp, min(not_before_ms(record), latest_ms), size, record)


def _where(record: ConsumerRecord) -> str:
    return f"the record {record.topic}/{record.partition}/{record.offset}"
