"""Whether a consumer has its place in its group: an answering broker alone says nothing of that."""

from collections.abc import Collection

from aiokafka import ConsumerRebalanceListener, TopicPartition

from rushes_runtime.errors import BrokerUnavailable


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """Follows one consumer's rebalances.

    A member that got no partition, since there are fewer of them than members, has its place all the same. One that
    lost its place (its heart-beats failed, or the broker forgot it) has none until it has joined again.
    """

    def __init__(self, topic: str, then: ConsumerRebalanceListener) -> None:
        """`then` is told of every rebalance too."""
        self._topic = topic
        self._then = then
        self._joined = False

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Called by the consumer once it is in the group, with what it is to consume, which may be nothing."""
        await self._then.on_partitions_assigned(assigned)
        self._joined = True

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Called by the consumer before it joins, for the first time or again."""
        self._joined = False
        await self._then.on_partitions_revoked(revoked)

    async def ready(self) -> None:
        """Return if it has its place; raises BrokerUnavailable if not."""
        if not self._joined:
            raise BrokerUnavailable(f"the consumer of {self._topic} is not in its group, or is joining it")
