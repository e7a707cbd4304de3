"""The fixtures against a real Docker engine, yours or one started here, with an image that needs no registry."""

from pathlib import Path

import docker as engine_api
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from rushes_testing import broker as brokers

from .conftest import IMAGE

pytestmark = [pytest.mark.all, pytest.mark.timeout(240)]


async def test_the_broker_fixture_runs_a_container(image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(brokers.URL, raising=False)
    monkeypatch.setenv(brokers.IMAGE, image)
    with brokers.broker(tmp_path) as broker:
        assert broker.kind == "docker"
        topic = broker.new_topic()
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
            await producer.send_and_wait(topic, b"through a container")
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest")
        async with consumer:
            assert (await consumer.getone()).value == b"through a container"
        assert containers() == 1
    assert containers() == 0, "the container outlived its fixture"


def containers() -> int:
    """How many containers of the image there are."""
    client = engine_api.from_env()
    found = client.containers.list(all=True, filters={"ancestor": IMAGE})
    client.close()
    return len(found)


def test_a_broker_of_yours_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(brokers.URL, "kafka.example:9092")
    with brokers.broker(tmp_path) as broker:
        assert (broker.kind, broker.bootstrap_servers) == ("url", "kafka.example:9092")


def test_where_no_docker_answers_it_is_tansu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(brokers.URL, raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    with brokers.broker(tmp_path) as broker:
        assert broker.kind == "tansu"
