"""What `rushes_testing` gives to users' tests: the example of its documentation, run as it stands there."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from rushes_testing.blobs import BlobStore, in_folder
from rushes_testing.broker import Broker, tansu
from rushes_testing.index import QdrantIndex, edge
from rushes_testing.pipeline import Rushes

pytestmark = pytest.mark.timeout(240)

FILM = Path(__file__).parents[2] / "examples" / "uneven-clock.mp4"


@pytest.fixture(scope="session")
def rushes_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """What needs neither Docker nor a network, whatever this machine has; so are the two below."""
    with tansu(tmp_path_factory.mktemp("broker")) as found:
        yield found


@pytest.fixture(scope="session")
def rushes_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QdrantIndex]:
    with edge(tmp_path_factory.mktemp("index")) as found:
        yield found


@pytest.fixture(scope="session")
def rushes_blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobStore:
    return in_folder(tmp_path_factory.mktemp("blobs"))


@pytest.fixture(scope="session")
def rushes_settings() -> Mapping[str, str]:
    """The small model: this is about the fixtures."""
    return {"RUSHES_ASR__MODEL": "whisper-tiny.en"}


async def test_a_topic_and_a_group_of_a_test_s_own(rushes_broker: Broker, rushes_topic: str, rushes_group: str) -> None:
    servers = rushes_broker.bootstrap_servers
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        await producer.send_and_wait(rushes_topic, b"hello")
    consumer = AIOKafkaConsumer(
        rushes_topic, bootstrap_servers=servers, group_id=rushes_group, auto_offset_reset="earliest"
    )
    async with consumer:
        assert (await consumer.getone()).value == b"hello"


@pytest.mark.all
async def test_a_consumer_of_scenes_detected(rushes: Rushes) -> None:
    video = rushes.add(FILM, title="Ask not")
    assert video["status"] == "indexed"
    consumer = AIOKafkaConsumer(
        "scenes-detected", bootstrap_servers=rushes.broker.bootstrap_servers, auto_offset_reset="earliest"
    )
    async with consumer:
        event = json.loads((await consumer.getone()).value)
    assert event["video"]["video_id"] == video["video_id"]
    assert len(event["scenes"]) == video["points"]
    assert rushes.get("/v1/search", q="ask not")["moments"]
