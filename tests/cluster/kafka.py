"""A real Apache Kafka, out of Maven, on loopback: one node in KRaft mode that can be killed and started again."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from tests.cluster.cache import cached, run
from tests.cluster.certificates import Certificates

from rushes_testing.process import Process, free_ports

VERSION = "4.4.0"
CLUSTER_ID = "cnVzaGVzLXRlc3RzLWthZg"
"""16 bytes in base64."""
USER, PASSWORD = "rushes", "kept-in-the-tests"
PLAIN_USER, PLAIN_PASSWORD = "plain-rushes", "kept-in-the-tests-too"
PLAIN_LOGIN = f'user_{PLAIN_USER}="{PLAIN_PASSWORD}"'

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rushes</groupId><artifactId>tests</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version>
  </dependency><dependency>
    <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.5</version>
  </dependency></dependencies>
</project>
"""
JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8")


@dataclass(frozen=True)
class Addresses:
    """`host:port` of each listener."""

    plaintext: str
    sasl_ssl: str


class ApacheKafka(Process):
    """The broker, formatted and ready to `start()`. It keeps its data and ports over kills and restarts.

    It listens twice, without security, and with TLS and SASL (SCRAM-SHA-512 and PLAIN) by certificates of an
    authority of its own. It makes no topic by itself.
    """

    def __init__(self, folder: Path, **properties: str) -> None:
        folder.mkdir(parents=True)
        plaintext, sasl_ssl, controller = free_ports(3)
        self.addresses = Addresses(f"127.0.0.1:{plaintext}", f"127.0.0.1:{sasl_ssl}")
        self.certificates = Certificates.make(folder)
        own = _properties(self.addresses, f"127.0.0.1:{controller}", folder / "data", self.certificates)
        self._properties = folder / "server.properties"
        self._properties.write_text(_text(own | {name.replace("_", "."): value for name, value in properties.items()}))
        super().__init__(
            "Apache Kafka",
            [*_java(), "kafka.Kafka", str(self._properties)],
            folder / "kafka.log",
            is_ready=self._answers,
        )
        self._format(folder)

    @property
    def plaintext(self) -> dict[str, str]:
        """The environment of a service that connects without security."""
        return {"RUSHES_KAFKA__BOOTSTRAP_SERVERS": self.addresses.plaintext}

    def sasl_ssl(self, mechanism: str = "SCRAM-SHA-512") -> dict[str, str]:
        """The environment of a service that connects by TLS and SASL."""
        user, password = (PLAIN_USER, PLAIN_PASSWORD) if mechanism == "PLAIN" else (USER, PASSWORD)
        return {
            "RUSHES_KAFKA__BOOTSTRAP_SERVERS": self.addresses.sasl_ssl,
            "RUSHES_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
            "RUSHES_KAFKA__SASL_MECHANISM": mechanism,
            "RUSHES_KAFKA__USERNAME": user,
            "RUSHES_KAFKA__PASSWORD": password,
            "RUSHES_KAFKA__CA_FILE": str(self.certificates.authority),
        }

    def _answers(self) -> bool:
        # librdkafka tells its log, which is nobody's, of every connection that is refused until the broker listens.
        client = AdminClient({"bootstrap.servers": self.addresses.plaintext, "log_level": 0})
        try:
            return bool(client.list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    def _format(self, folder: Path) -> None:
        """Make the data folder, with the SCRAM user in it."""
        scram = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
        command = ["format", "-t", CLUSTER_ID, "-c", str(self._properties), "--add-scram", scram]
        run([*_java(), "kafka.tools.StorageTool", *command])
        assert (folder / "data" / "meta.properties").exists()


def fetch() -> Path:
    """The folder that has its jars in `lib`, filled from Maven the first time."""
    return cached(f"kafka-{VERSION}", _download)


def _java() -> list[str]:
    java = os.environ.get("JAVA_HOME")
    program = f"{java}/bin/java" if java else shutil.which("java")
    assert program, "there is no Java: run tests/setup-all.sh, or `make test-all`, which does"
    return [program, *JVM, "-cp", f"{fetch() / 'lib'}/*"]


def _download(folder: Path) -> None:
    (folder / "pom.xml").write_text(POM)
    copy = ["mvn", "-q", "-B", "-f", str(folder / "pom.xml"), "dependency:copy-dependencies"]
    run([*copy, f"-DoutputDirectory={folder / 'lib'}"])


def _properties(addresses: Addresses, controller: str, data: Path, certificates: Certificates) -> dict[str, str]:
    login = "org.apache.kafka.common.security"
    sasl = partial("listener.name.sasl_ssl.{}".format)
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{addresses.plaintext},SASL_SSL://{addresses.sasl_ssl},CONTROLLER://{controller}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
        sasl("scram-sha-512.sasl.jaas.config"): f"{login}.scram.ScramLoginModule required;",
        sasl("plain.sasl.jaas.config"): f"{login}.plain.PlainLoginModule required {PLAIN_LOGIN};",
        sasl("ssl.keystore.type"): "PEM",
        sasl("ssl.keystore.location"): str(certificates.server),
        "broker.session.timeout.ms": "2000",  # for so long a killed broker is not taken back
        "broker.heartbeat.interval.ms": "500",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
    }


def _text(properties: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in properties.items())
