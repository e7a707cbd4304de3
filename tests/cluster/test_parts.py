"""The parts themselves: what they acknowledged is there after kill -9, on the same port, and their doors are locked."""

from pathlib import Path
from typing import Any

import obstore
import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from tests.cluster.kafka import ApacheKafka
from tests.cluster.minio import Minio

from rushes_runtime.bus.connect import librdkafka_options
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.port import CollectionSpec, Point
from rushes_runtime.index.server import ServerIndex
from rushes_runtime.settings import KafkaSettings
from rushes_testing.process import free_pair
from rushes_testing.qdrant import QdrantProcess

pytestmark = pytest.mark.timeout(120)

ID = "00000000-0000-0000-0000-000000000001"
PREFIX = "RUSHES_KAFKA__"


def options(environment: dict[str, str]) -> dict[str, Any]:
    """librdkafka's options for the settings of a service."""
    settings = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items()}
    return librdkafka_options(KafkaSettings.model_validate(settings))


def test_kafka_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with ApacheKafka(tmp_path / "kafka") as kafka:
        scram, plain = options(kafka.sasl_ssl()), options(kafka.sasl_ssl("PLAIN"))
        admin = AdminClient(scram)  # kept, for it takes what it was asked for with it
        admin.create_topics([NewTopic("kept", 1, 1)])["kept"].result(30)
        producer = Producer(plain | {"acks": "all"})
        producer.produce("kept", b"before the kill")
        assert producer.flush(30) == 0
        kafka.kill()
        kafka.start()
        consumer = Consumer(scram | {"group.id": "test", "auto.offset.reset": "earliest"})
        consumer.subscribe(["kept"])
        record = consumer.poll(30)
        assert record is not None and record.error() is None and record.value() == b"before the kill"
        consumer.close()


def test_kafka_refuses_a_wrong_password(tmp_path: Path) -> None:
    with ApacheKafka(tmp_path / "kafka") as kafka:
        wrong = options(kafka.sasl_ssl() | {f"{PREFIX}PASSWORD": "wrong"})
        with pytest.raises(KafkaException):
            AdminClient(wrong | {"log_level": 0}).list_topics(timeout=5)
        stranger = options(kafka.sasl_ssl() | {f"{PREFIX}CA_FILE": "/etc/ssl/certs/ca-certificates.crt"})
        with pytest.raises(KafkaException):
            AdminClient(stranger | {"log_level": 0}).list_topics(timeout=5)


def test_minio_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with Minio(tmp_path / "minio") as minio:
        obstore.put(minio.store(), "a/b.txt", b"before the kill")
        minio.kill()
        minio.start()
        assert minio.keys() == ["a/b.txt"]
        assert bytes(obstore.get(minio.store(), "a/b.txt").bytes()) == b"before the kill"


async def test_the_index_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with QdrantProcess(tmp_path / "index", free_pair()) as process:
        index = ServerIndex(process.url)
        await index.ensure("kept", CollectionSpec(keyword_fields=["status"]))
        await index.point_alias("also-kept", "kept")
        await index.upsert("kept", [Point(ID, {"status": "before the kill"})])
        process.kill()
        process.start()
        again = ServerIndex(process.url)
        [point] = await again.get("also-kept", [ID])
        assert point.payload == {"status": "before the kill"}
        await index.close()
        await again.close()


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
async def test_the_index_refuses_a_wrong_key(tmp_path: Path) -> None:
    with QdrantProcess(tmp_path / "index", free_pair(), api_key="right") as process:
        right, wrong = ServerIndex(process.url, "right"), ServerIndex(process.url, "wrong")
        await right.ready()
        with pytest.raises(ConfigurationError, match="RUSHES_QDRANT__API_KEY"):
            await wrong.ready()
        await right.close()
        await wrong.close()
