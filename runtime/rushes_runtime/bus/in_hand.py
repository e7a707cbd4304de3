"""The record in hand: a rebalance waits until it is settled, so that nobody begins the same work again.

What aiokafka does by itself is to give up all partitions at once, whatever is at work; each consumer of the group then
begins its record anew. Waiting costs the group no more than the longest record in hand, and is what Kafka's own
consumer does, which rejoins when it is polled next.
"""

import asyncio
from collections.abc import Callable, Collection

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition

log = structlog.stdlib.get_logger("rushes.delivery")


class InHand(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Whether a consumer has a record in hand; listens to its rebalances.

    `wait_s` is the longest that one of them waits; longer work goes on, but who gets its partition begins it too.
    While `holds` says that the record waits for something itself, no rebalance waits for it.
    """

    def __init__(self, wait_s: float, holds: Callable[[], bool]) -> None:
        self._wait_s = wait_s
        self._holds = holds
        self._settled = asyncio.Event()
        self._settled.set()

    def taken(self) -> None:
        """A record was taken."""
        self._settled.clear()

    def settled(self) -> None:
        """It was settled, or given up."""
        self._settled.set()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """The group is about to share out its partitions anew. No record is taken while this waits."""
        if self._holds():
            return
        try:
            async with asyncio.timeout(self._wait_s):
                await self._settled.wait()
        except TimeoutError:
            log.warning("the record in hand takes longer than a rebalance waits for", waited_s=self._wait_s)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Nothing has to be done: consuming begins at what was committed."""
