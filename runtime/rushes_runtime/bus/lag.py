"""How far behind each consumer group is, and since when: what `rushes topics lag` shows, and who looks for work that
got lost goes by."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from rushes_runtime.bus.admin import TopicState, topics_there
from rushes_runtime.bus.connect import reading
from rushes_runtime.errors import BrokerUnavailable
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.topics import SERVICES, TOPICS, group, retry_group, retry_topic

TIMEOUT_S = 15.0
"""How long reading the first waiting record of every partition may take."""
POLL_MS = 100
GLANCE_BYTES = 64 * 1024
"""Bytes of a partition that are fetched at a time: one record is all that is looked at."""


@dataclass(frozen=True)
class PartitionLag:
    """One partition as a group sees it. `end` is the offset after the last record, `committed` the offset of the first
    one that is not settled (None: the group never settled any here), `oldest_ms` when that one was published, in ms
    since the epoch (None: nothing waits)."""

    partition: int
    end: int
    committed: int | None
    waiting: int
    oldest_ms: int | None


@dataclass(frozen=True)
class TopicLag:
    """What a service's group has before it in one topic. Without partitions: there is no such topic."""

    service: str
    group: str
    topic: str
    partitions: tuple[PartitionLag, ...]

    @property
    def waiting(self) -> int:
        """Records that are not settled."""
        return sum(partition.waiting for partition in self.partitions)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest record that is not settled was published, or None where nothing waits."""
        return min((part.oldest_ms for part in self.partitions if part.oldest_ms is not None), default=None)


async def lags(settings: KafkaSettings, services: Sequence[str] = SERVICES) -> tuple[TopicLag, ...]:
    """The lag of each service on each topic that it consumes, then on its retry topic (by its retry group).

    Reads the first record at each committed offset, since no broker tells a record's age otherwise, and since the end
    offsets that Tansu lists are wrong. Joins no group, commits nothing. Raises BrokerUnavailable, ConfigurationError.
    """
    there = await topics_there(settings)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            found = await asyncio.gather(*(_of_group(settings, *each, there) for each in _groups(services)))
    except (KafkaError, TimeoutError) as error:
        raise BrokerUnavailable(
            f"the broker at {settings.bootstrap_servers} does not let its topics be read: {error!r}"
        ) from error
    return tuple(lag for some in found for lag in some)


def _groups(services: Sequence[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Each service's groups, and what they consume."""
    for service in services:
        yield service, group(service), [topic.name for topic in TOPICS if service in topic.consumers]
        yield service, retry_group(service), [retry_topic(service)]


async def _of_group(
    settings: KafkaSettings, service: str, group: str, topics: Sequence[str], there: Mapping[str, TopicState]
) -> list[TopicLag]:
    wanted = [
        TopicPartition(name, number) for name in topics if name in there for number in range(there[name].partitions)
    ]
    measured = await _partitions(settings, group, wanted) if wanted else {}
    return [
        TopicLag(service, group, name, tuple(measured[each] for each in wanted if each.topic == name))
        for name in topics
    ]


async def _partitions(
    settings: KafkaSettings, group: str, wanted: Sequence[TopicPartition]
) -> dict[TopicPartition, PartitionLag]:
    # Partitions that are assigned by hand make no member of the group: its offsets are read, and nobody is disturbed.
    options = {"group_id": group, "fetch_max_wait_ms": POLL_MS, "max_partition_fetch_bytes": GLANCE_BYTES}
    async with reading(settings, **options) as consumer:
        consumer.assign(wanted)
        committed = {partition: await consumer.committed(partition) for partition in wanted}
        oldest = await _oldest(consumer, wanted)
        return {
            partition: _measured(partition, consumer.highwater(partition), committed[partition], oldest.get(partition))
            for partition in wanted
        }


async def _oldest(
    consumer: AIOKafkaConsumer, wanted: Sequence[TopicPartition]
) -> dict[TopicPartition, tuple[int, int]]:
    """Offset and time of each partition's first record that is not settled, where there is one."""
    found: dict[TopicPartition, tuple[int, int]] = {}
    open = set(wanted)
    while open:
        for partition, records in (await consumer.getmany(*open, timeout_ms=POLL_MS)).items():
            found[partition] = (records[0].offset, records[0].timestamp)
            consumer.pause(partition)
        empty = {partition for partition in open - found.keys() if await _is_at_end(consumer, partition)}
        open -= empty | found.keys()
    return found


async def _is_at_end(consumer: AIOKafkaConsumer, partition: TopicPartition) -> bool:
    """Whether the broker has answered for the partition, and has nothing more."""
    end = consumer.highwater(partition)
    return end is not None and await consumer.position(partition) >= end


def _measured(
    partition: TopicPartition, end: int, committed: int | None, first: tuple[int, int] | None
) -> PartitionLag:
    if first is None:
        return PartitionLag(partition.partition, end, committed, 0, None)
    offset, timestamp = first
    return PartitionLag(partition.partition, end, committed, end - offset, timestamp)
