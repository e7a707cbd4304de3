"""Reading topics from their beginning to where they end now, outside of any group."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError

from rushes_runtime.bus.connect import reading
from rushes_runtime.errors import BrokerUnavailable
from rushes_runtime.settings import KafkaSettings

POLL_MS = 200
TIMEOUT_S = 60.0


async def whole(topics: Sequence[str], settings: KafkaSettings) -> AsyncIterator[ConsumerRecord]:
    """Every record that the topics hold now, those of one partition in their order.

    Where a partition ends is told by the broker's answers to fetches, since Tansu's end offsets are wrong. Raises
    BrokerUnavailable where the broker does not answer within a minute.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S), reading(settings, *topics, group_id=None) as consumer:
            while not await _at_end(consumer):
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for record in records:
                        yield record
    except (KafkaError, TimeoutError) as error:
        raise BrokerUnavailable(f"the topics {', '.join(topics)} can't be read: {error!r}") from error


async def _at_end(consumer: AIOKafkaConsumer) -> bool:
    """Whether every partition has been read up to the high watermark of its last fetch."""
    for partition in consumer.assignment():
        end = consumer.highwater(partition)
        if end is None or await consumer.position(partition) < end:
            return False
    return True
