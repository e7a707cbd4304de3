"""Provisioning: every topic is made by us, with the partitions and retention of the settings, never by a consumer."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from rushes_runtime.bus.admin import Admin, TopicState, topics_there
from rushes_runtime.settings import KafkaSettings, TopicSettings
from rushes_schemas.topics import SERVICES, all_topic_names, dead_letter_topic, retry_topic

LASTING = frozenset(name for service in SERVICES for name in (retry_topic(service), dead_letter_topic(service)))
"""Topics whose records are kept for a person or for a retry."""

SETTINGS = {
    "retention.ms": "RUSHES_TOPICS__RETENTION_H",
    "max.message.bytes": "RUSHES_KAFKA__MAX_MESSAGE_BYTES",
    "min.insync.replicas": "RUSHES_TOPICS__MIN_INSYNC_REPLICAS",
}
"""The broker's names of what we set on a topic, and the settings they come from."""


@dataclass(frozen=True)
class Plan:
    """What would make the topics as the settings say. `differing` says what nothing here changes, and what to do."""

    make: Mapping[str, TopicState] = field(default_factory=dict)
    grow: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    configure: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    differing: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be changed."""
        return not (self.make or self.grow or self.configure)

    def steps(self) -> Iterator[str]:
        """Each change, in words."""
        for name, topic in self.make.items():
            config = "".join(f", {key}={value}" for key, value in topic.config.items())
            yield f"make {name}: {topic.partitions} partitions, {topic.replication} replicas{config}"
        for name, (before, after) in self.grow.items():
            yield f"grow {name}: from {before} to {after} partitions"
        for name, changed in self.configure.items():
            yield f"configure {name}: {', '.join(f'{key}={value}' for key, value in changed.items())}"


async def planned(
    kafka: KafkaSettings, topics: TopicSettings, *, add_partitions: bool = False, reconfigure: bool = False
) -> Plan:
    """Look at the broker; nothing is changed. Raises BrokerUnavailable or ConfigurationError."""
    want, there = wanted(kafka, topics), await topics_there(kafka)
    configs = await asyncio.to_thread(Admin(kafka).configs, [name for name in want if name in there])
    states = {name: replace(there[name], config=config) for name, config in configs.items()}
    return compared(want, states, add_partitions=add_partitions, reconfigure=reconfigure)


async def apply(kafka: KafkaSettings, plan: Plan) -> None:
    """Make the changes. What was done stays where a later one fails: raises as `planned` does."""
    await asyncio.to_thread(_apply, Admin(kafka), plan)


async def provision(kafka: KafkaSettings, topics: TopicSettings) -> Plan:
    """Make the topics that are missing, and leave the others as they are. Raises as `planned` does."""
    plan = await planned(kafka, topics)
    await apply(kafka, plan)
    return plan


def wanted(kafka: KafkaSettings, topics: TopicSettings) -> dict[str, TopicState]:
    """Every topic of an installation as the settings want it."""
    return {name: _wanted(name, kafka, topics) for name in all_topic_names()}


def compared(
    wanted: Mapping[str, TopicState], there: Mapping[str, TopicState], *, add_partitions: bool, reconfigure: bool
) -> Plan:
    """What is to be done. Topics that are there are changed only as far as was asked for."""
    present = {name: (topic, there[name]) for name, topic in wanted.items() if name in there}
    fewer = {
        name: (now.partitions, to.partitions) for name, (to, now) in present.items() if now.partitions < to.partitions
    }
    other = {name: changed for name, (to, now) in present.items() if (changed := _other_config(to, now))}
    return Plan(
        make={name: topic for name, topic in wanted.items() if name not in there},
        grow=fewer if add_partitions else {},
        configure=other if reconfigure else {},
        differing=tuple(_sentences(present, add_partitions, reconfigure)),
    )


def _wanted(name: str, kafka: KafkaSettings, topics: TopicSettings) -> TopicState:
    hours = topics.dead_letter_retention_h if name in LASTING else topics.retention_h
    in_sync = topics.min_insync_replicas or max(1, topics.replication - 1)
    config = {
        "retention.ms": str(hours * 3_600_000),
        "max.message.bytes": str(kafka.max_message_bytes),
        "min.insync.replicas": str(in_sync),
    }
    return TopicState(topics.partitions, topics.replication, config)


def _apply(admin: Admin, plan: Plan) -> None:
    admin.make(plan.make)
    for name, (_, partitions) in plan.grow.items():
        admin.grow(name, partitions)
    for name, config in plan.configure.items():
        admin.configure(name, config)


def _other_config(to: TopicState, now: TopicState) -> dict[str, str]:
    """The settings that the topic has otherwise. What the broker does not tell (Tansu) is left alone."""
    return {key: value for key, value in to.config.items() if now.config.get(key, value) != value}


Pairs = Mapping[str, tuple[TopicState, TopicState]]
"""Topics by name: as wanted, and as they are."""


def _sentences(present: Pairs, add_partitions: bool, reconfigure: bool) -> Iterator[str]:
    """What differs, once for all topics of which it is true."""
    said: dict[str, list[str]] = {}
    for name, (to, now) in present.items():
        for sentence in _differing(name, to, now, add_partitions, reconfigure):
            said.setdefault(sentence, []).append(name)
    for sentence, names in said.items():
        yield f"{', '.join(names)}: {sentence}"


def _differing(name: str, to: TopicState, now: TopicState, add_partitions: bool, reconfigure: bool) -> Iterator[str]:
    counts = f"{now.partitions} partitions, and RUSHES_TOPICS__PARTITIONS is {to.partitions}"
    if now.partitions < to.partitions and not add_partitions:
        yield f"{counts}; let the stages run dry, then add some by `rushes topics apply --add-partitions`"
    if now.partitions > to.partitions:
        yield f"{counts}; no partition can be taken away, so set it to {now.partitions}"
    if now.replication != to.replication:
        yield (
            f"{now.replication} replicas, and RUSHES_TOPICS__REPLICATION is {to.replication}; "
            f"set it to {now.replication}, or move them by Kafka's kafka-reassign-partitions.sh"
        )
    for key, value in ({} if reconfigure else _other_config(to, now)).items():
        kept_long = key == "retention.ms" and name in LASTING
        setting = "RUSHES_TOPICS__DEAD_LETTER_RETENTION_H" if kept_long else SETTINGS[key]
        yield f"{key}={now.config[key]}, and {setting} wants {value}; `rushes topics apply --reconfigure` sets it"
