"""A broker: yours, one in a container, or Tansu from a wheel."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from rushes_runtime.tansu import binary
from rushes_testing import docker
from rushes_testing.process import Process, free_ports

URL = "KAFKA_BOOTSTRAP_SERVERS"
IMAGE = "RUSHES_TESTING_KAFKA_IMAGE"
DEFAULT_IMAGE = "apache/kafka:4.1.0"
PORT = 9092


@dataclass(frozen=True)
class Broker:
    """A running broker. `kind` says where it came from: "url", "docker" or "tansu"."""

    bootstrap_servers: str
    kind: str
    idempotent: bool = True

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a service that uses it."""
        return {
            "RUSHES_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "RUSHES_KAFKA__IDEMPOTENT": str(self.idempotent).lower(),
        }

    def new_topic(self, name: str = "test", partitions: int = 1) -> str:
        """Create a topic with a unique name that begins with `name`; return the name."""
        unique = f"{name}-{uuid4()}"
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        admin.create_topics([NewTopic(unique, num_partitions=partitions, replication_factor=1)])[unique].result(30)
        return unique

    def drop_topic(self, name: str) -> None:
        """Delete a topic."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        admin.delete_topics([name])[name].result(30)


@contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """Yield the first broker that is available: KAFKA_BOOTSTRAP_SERVERS; a container, if Docker answers; Tansu.

    RUSHES_TESTING_KAFKA_IMAGE names the image: Apache Kafka's, one with the same configuration, or Tansu's, which
    has "tansu" in its name. Tansu's log goes into `folder`.
    """
    if address := os.environ.get(URL):
        yield Broker(address, "url")
    elif docker.answers():
        with in_docker(os.environ.get(IMAGE, DEFAULT_IMAGE)) as found:
            yield found
    else:
        with tansu(folder) as found:
            yield found


@contextmanager
def in_docker(image: str) -> Iterator[Broker]:
    """Run a broker in a container."""
    if "tansu" in image:
        with docker.container(image, PORT, answers, command=_tansu_command) as address:
            yield Broker(address, "docker", idempotent=False)
    else:
        with docker.container(image, PORT, answers, environment=_apache_environment) as address:
            yield Broker(address, "docker")


@contextmanager
def tansu(folder: Path) -> Iterator[Broker]:
    """Run Tansu, which keeps its records in memory."""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    command = [str(binary()), *_tansu_command(address, listen=address)]
    # Tansu has no idempotent producers.
    with Process("Tansu", command, folder / "tansu.log", is_ready=lambda: answers(address), start_s=20):
        yield Broker(address, "tansu", idempotent=False)


def answers(address: str) -> bool:
    """Whether a broker answers there."""
    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    try:
        return bool(client.list_topics(timeout=2).brokers)
    except KafkaException:
        return False


def _tansu_command(address: str, listen: str = f"0.0.0.0:{PORT}") -> list[str]:
    listeners = ["--kafka-listener-url", f"tcp://{listen}", "--kafka-advertised-listener-url", f"tcp://{address}"]
    return ["broker", *listeners, "--storage-engine", "memory://tansu/"]


def _apache_environment(address: str) -> Mapping[str, str]:
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{PORT},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{address}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
