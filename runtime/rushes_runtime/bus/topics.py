"""Provisioning: every topic is made by us, with the partitions and retention of the settings, never by a consumer."""

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from rushes_runtime.bus.connect import librdkafka_options
from rushes_runtime.errors import BrokerUnavailable, ConfigurationError
from rushes_runtime.settings import KafkaSettings, TopicSettings
from rushes_schemas.topics import SERVICES, all_topic_names, dead_letter_topic, retry_topic

TIMEOUT_S = 10.0
LASTING = frozenset(name for service in SERVICES for name in (retry_topic(service), dead_letter_topic(service)))


@dataclass(frozen=True)
class Provisioned:
    """What `provision` found and did: topics made, and sentences about those that differ from the settings."""

    made: tuple[str, ...]
    differing: tuple[str, ...]


async def provision(kafka: KafkaSettings, topics: TopicSettings) -> Provisioned:
    """Make the topics that are missing. Raises BrokerUnavailable, or ConfigurationError where it may not."""
    return await asyncio.to_thread(_provision, kafka, topics)


def _provision(kafka: KafkaSettings, topics: TopicSettings) -> Provisioned:
    admin = AdminClient(librdkafka_options(kafka))
    there = existing(admin, kafka)
    missing = [name for name in all_topic_names() if name not in there]
    if missing:
        for name, future in admin.create_topics([_new(name, topics) for name in missing]).items():
            _made(name, future)
    differing = tuple(
        f"topic {name} has {there[name]} partitions, RUSHES_TOPICS__PARTITIONS is {topics.partitions}"
        for name in all_topic_names()
        if name in there and there[name] != topics.partitions
    )
    return Provisioned(tuple(missing), differing)


def existing(admin: AdminClient, kafka: KafkaSettings) -> dict[str, int]:
    """The cluster's topics and how many partitions each has. Blocks. Raises BrokerUnavailable."""
    try:
        listed = admin.list_topics(timeout=TIMEOUT_S)
    except KafkaException as error:
        raise BrokerUnavailable(
            f"no broker answers at {kafka.bootstrap_servers} (RUSHES_KAFKA__BOOTSTRAP_SERVERS): {_text(error)}"
        ) from error
    return {name: len(topic.partitions) for name, topic in listed.topics.items()}


def _new(name: str, topics: TopicSettings) -> NewTopic:
    hours = topics.dead_letter_retention_h if name in LASTING else topics.retention_h
    return NewTopic(
        name,
        num_partitions=topics.partitions,
        replication_factor=topics.replication,
        config={"retention.ms": str(hours * 3_600_000)},
    )


def _made(name: str, future: Future[None]) -> None:
    try:
        future.result(TIMEOUT_S)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise ConfigurationError(f"topic {name} can't be made: {_text(error)}") from error


def _text(error: KafkaException) -> str:
    return str(error.args[0].str())
