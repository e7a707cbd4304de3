"""The broker's administration: what topics there are, and changes to them."""

import asyncio
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.cimpl import NewPartitions, NewTopic

from rushes_runtime.bus.connect import librdkafka_options
from rushes_runtime.errors import BrokerUnavailable, ConfigurationError, RushesError
from rushes_runtime.settings import KafkaSettings

TIMEOUT_S = 10.0
"""How long a broker that answers may take over a request."""
LOOK_S = 1.0
"""How long one look for a broker lasts; whoever is cancelled waits for its end."""

POINTLESS = {
    KafkaError._AUTHENTICATION: "RUSHES_KAFKA__USERNAME, RUSHES_KAFKA__PASSWORD or RUSHES_KAFKA__SASL_MECHANISM",
    KafkaError._SSL: "RUSHES_KAFKA__SECURITY_PROTOCOL or RUSHES_KAFKA__CA_FILE",
}
"""What no waiting mends, and the settings that do."""


@dataclass(frozen=True)
class TopicState:
    """A topic: how many partitions, how many replicas each has, and the settings that were asked for."""

    partitions: int
    replication: int
    config: Mapping[str, str] = field(default_factory=dict)


class Admin:
    """A connection for administration. Methods block, and raise BrokerUnavailable where no broker answers, and
    ConfigurationError where it does not let us in, or does not do what is asked."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._servers = settings.bootstrap_servers
        self._protocol = settings.security_protocol
        self._patience_s = settings.connect_timeout_s
        self._heard: list[KafkaError] = []
        try:
            self._client = AdminClient(librdkafka_options(settings) | {"error_cb": self._heard.append})
        except KafkaException as error:  # of a file that can't be read, for one
            raise ConfigurationError(f"a setting RUSHES_KAFKA__... is wrong: {_text(error.args[0])}") from error

    def topics(self) -> dict[str, TopicState]:
        """All topics, without their settings. Looks for LOOK_S; `topics_there` is more patient."""
        try:
            listed = self._client.list_topics(timeout=min(LOOK_S, self._patience_s)).topics.items()
        except KafkaException as error:
            self._client.poll(0)  # hear what went wrong meanwhile
            raise self._unreachable(error) from error
        return {name: TopicState(len(topic.partitions), _replicas(topic)) for name, topic in listed}

    def configs(self, topics: Collection[str]) -> dict[str, dict[str, str]]:
        """The settings of these topics, the broker's defaults among them."""
        if not topics:
            return {}
        resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in topics]
        asked = self._client.describe_configs(resources, request_timeout=TIMEOUT_S)
        found: dict[str, dict[str, str]] = {}
        for resource, future in asked.items():
            entries = self._done(f"the settings of topic {resource.name} can't be read", future)
            found[resource.name] = {key: entry.value for key, entry in entries.items()}
        return found

    def make(self, topics: Mapping[str, TopicState]) -> None:
        """Make topics. One that is there already, since another process was faster, is no error."""
        if not topics:
            return
        new = [NewTopic(name, to.partitions, to.replication, config=dict(to.config)) for name, to in topics.items()]
        for name, future in self._client.create_topics(new, request_timeout=TIMEOUT_S).items():
            self._done(f"topic {name} can't be made", future, but=KafkaError.TOPIC_ALREADY_EXISTS)

    def grow(self, topic: str, partitions: int) -> None:
        """Give a topic more partitions, so that it has this many."""
        [future] = self._client.create_partitions(
            [NewPartitions(topic, partitions)], request_timeout=TIMEOUT_S
        ).values()
        self._done(f"topic {topic} can't have {partitions} partitions", future)

    def configure(self, topic: str, config: Mapping[str, str]) -> None:
        """Change these settings of a topic."""
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in config.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
        [future] = self._client.incremental_alter_configs([resource], request_timeout=TIMEOUT_S).values()
        self._done(f"the settings of topic {topic} can't be changed", future)

    def _pointless(self) -> KafkaError | None:
        return next((error for error in self._heard if error.code() in POINTLESS), None)

    def _unreachable(self, error: KafkaException) -> RushesError:
        if refusal := self._pointless():
            settings = POINTLESS[refusal.code()]
            return ConfigurationError(
                f"the broker at {self._servers} does not let us in, look at {settings}: {_text(refusal)}"
            )
        heard = [each for each in self._heard if each.code() != KafkaError._ALL_BROKERS_DOWN]
        said = _text(heard[-1] if heard else error.args[0])
        return BrokerUnavailable(
            f"no broker answers at RUSHES_KAFKA__BOOTSTRAP_SERVERS {self._servers} "
            f"by RUSHES_KAFKA__SECURITY_PROTOCOL {self._protocol}: {said}"
        )

    def _done(self, otherwise: str, future: "Future[Any]", but: int | None = None) -> Any:
        try:
            return future.result(TIMEOUT_S + 1)
        except KafkaException as error:
            said: KafkaError = error.args[0]
            if said.code() == but:
                return None
            if said.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN):
                raise self._unreachable(error) from error
            raise ConfigurationError(f"{otherwise}: {_text(said)}") from error


async def topics_there(settings: KafkaSettings) -> dict[str, TopicState]:
    """All topics. Raises ConfigurationError as soon as the broker does not let us in, which no waiting mends, and
    BrokerUnavailable where none answers within RUSHES_KAFKA__CONNECT_TIMEOUT_S."""
    admin, give_up = Admin(settings), time.monotonic() + settings.connect_timeout_s
    while True:
        try:
            return await asyncio.to_thread(admin.topics)
        except BrokerUnavailable:
            if time.monotonic() >= give_up:
                raise


def _replicas(topic: Any) -> int:
    return min((len(partition.replicas) for partition in topic.partitions.values()), default=0)


def _text(error: KafkaError) -> str:
    return str(error.str())
