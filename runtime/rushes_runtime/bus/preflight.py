"""Looked at before a service starts: a broker that answers and lets us in, and the topics that the service needs."""

from collections.abc import Iterator, Mapping

from faststream.kafka import KafkaBroker
from faststream.kafka.publisher.usecase import LogicPublisher
from faststream.kafka.subscriber.usecase import LogicSubscriber

from rushes_runtime.bus.admin import TopicState, topics_there
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.settings import KafkaSettings, TopicSettings


async def preflight(kafka: KafkaSettings, topics: TopicSettings, needed: set[str]) -> None:
    """Return if the broker lets us in and has these topics, with enough partitions.

    Raises BrokerUnavailable after RUSHES_KAFKA__CONNECT_TIMEOUT_S; ConfigurationError, which no waiting mends, at once.
    """
    there = await topics_there(kafka)
    if wrong := list(_wrong(there, topics.partitions, needed)):
        raise ConfigurationError("; ".join(wrong))


def needed_topics(broker: KafkaBroker) -> set[str]:
    """All topics that are consumed or published to by the routers of a broker."""
    consumers = [each for each in broker.subscribers if isinstance(each, LogicSubscriber)]
    consumed = {topic.name for consumer in consumers for topic in consumer.topics}
    return consumed | {each.topic for each in broker.publishers if isinstance(each, LogicPublisher)}


def _wrong(there: Mapping[str, TopicState], partitions: int, needed: set[str]) -> Iterator[str]:
    if missing := sorted(needed - there.keys()):
        yield f"there are no topics {', '.join(missing)}: make them with `rushes topics apply`"
    if few := sorted(name for name in needed & there.keys() if there[name].partitions < partitions):
        counts = ", ".join(f"{name} has {there[name].partitions}" for name in few)
        yield (
            f"there are fewer partitions than RUSHES_TOPICS__PARTITIONS ({partitions}), {counts}: "
            "set it to what there are, or add some with `rushes topics apply --add-partitions`"
        )
