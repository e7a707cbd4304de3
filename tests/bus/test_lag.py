"""How far behind a group is, against a real broker."""

import time
from collections.abc import Sequence

import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from rushes_runtime.bus.connect import aiokafka_options, publishing
from rushes_runtime.bus.lag import TopicLag, lags
from rushes_runtime.bus.topics import provision
from rushes_runtime.settings import KafkaSettings, TopicSettings
from rushes_schemas.topics import SERVICES, group, retry_group

PARTITIONS = 2


@pytest_asyncio.fixture
async def broker(tansu: KafkaSettings) -> KafkaSettings:
    """A broker with every topic."""
    await provision(tansu, TopicSettings(partitions=PARTITIONS))
    return tansu


async def publish(broker: KafkaSettings, topic: str, partition: int, times_ms: Sequence[int]) -> None:
    """Records of these times, as one batch."""
    async with publishing(broker) as producer:
        await _batch(producer, topic, partition, times_ms)


async def _batch(producer: AIOKafkaProducer, topic: str, partition: int, times_ms: Sequence[int]) -> None:
    batch = producer.create_batch()
    for at in times_ms:
        assert batch.append(key=None, value=b"{}", timestamp=at) is not None
    await (await producer.send_batch(batch, topic, partition=partition))


async def settle(broker: KafkaSettings, group: str, topic: str, partition: int, offset: int) -> None:
    """Commit as the group does."""
    consumer = AIOKafkaConsumer(group_id=group, enable_auto_commit=False, **aiokafka_options(broker))
    consumer.assign([TopicPartition(topic, partition)])
    async with consumer:
        await consumer.commit({TopicPartition(topic, partition): offset})


async def lag_of(broker: KafkaSettings, service: str, topic: str) -> TopicLag:
    [found] = [lag for lag in await lags(broker, [service]) if lag.topic == topic]
    return found


async def test_nothing_waits_in_new_topics(broker: KafkaSettings) -> None:
    found = await lags(broker)
    assert {lag.service for lag in found} == set(SERVICES)
    assert [(lag.group, lag.topic) for lag in found if lag.service == "asr"] == [
        ("rushes-asr", "segment-planned"),
        ("rushes-asr-retry", "asr-retry"),
    ]
    assert all(len(lag.partitions) == PARTITIONS and lag.waiting == 0 and lag.oldest_ms is None for lag in found)


async def test_what_nobody_ever_settled_waits_from_the_first_record_on(broker: KafkaSettings) -> None:
    then = round(time.time() * 1000) - 60_000
    await publish(broker, "segment-planned", 1, [then, then + 5, then + 9])
    lag = await lag_of(broker, "asr", "segment-planned")
    [empty, full] = lag.partitions
    assert (empty.end, empty.committed, empty.waiting, empty.oldest_ms) == (0, None, 0, None)
    assert (full.end, full.committed, full.waiting, full.oldest_ms) == (3, None, 3, then)
    assert (lag.waiting, lag.oldest_ms) == (3, then)


async def test_what_is_settled_does_not_wait(broker: KafkaSettings) -> None:
    then = round(time.time() * 1000) - 60_000
    await publish(broker, "segment-planned", 0, [then, then + 5, then + 9])
    await settle(broker, group("asr"), "segment-planned", 0, 1)
    lag = await lag_of(broker, "asr", "segment-planned")
    assert (lag.partitions[0].committed, lag.waiting, lag.oldest_ms) == (1, 2, then + 5)
    await settle(broker, group("asr"), "segment-planned", 0, 3)
    lag = await lag_of(broker, "asr", "segment-planned")
    assert (lag.partitions[0].end, lag.partitions[0].committed, lag.waiting, lag.oldest_ms) == (3, 3, 0, None)


async def test_retries_have_a_group_of_their_own(broker: KafkaSettings) -> None:
    await publish(broker, "asr-retry", 0, [1_000, 2_000])
    await settle(broker, group("asr"), "asr-retry", 0, 2)  # not the group that goes by it
    assert (await lag_of(broker, "asr", "asr-retry")).oldest_ms == 1_000
    await settle(broker, retry_group("asr"), "asr-retry", 0, 1)
    assert (await lag_of(broker, "asr", "asr-retry")).oldest_ms == 2_000


async def test_looking_leaves_no_trace(broker: KafkaSettings) -> None:
    await publish(broker, "segment-planned", 0, [1_000])
    first, second = await lags(broker), await lags(broker)
    assert first == second


async def test_a_topic_that_is_not_there_has_no_partitions(tansu: KafkaSettings) -> None:
    assert (await lag_of(tansu, "asr", "segment-planned")).partitions == ()
