"""What `rushes_testing` gives to users' tests: the example of its documentation, run as it stands there."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

if TYPE_CHECKING:
    from rushes_testing.broker import Broker
    from rushes_testing.pipeline import Rushes

pytestmark = pytest.mark.timeout(240)

FILM = Path(__file__).parents[2] / "examples" / "uneven-clock.mp4"


@pytest.fixture(scope="session")
def rushes_settings() -> Mapping[str, str]:
    """The small model: this is about the fixtures."""
    return {"RUSHES_ASR__MODEL": "whisper-tiny.en"}


async def test_a_topic_and_a_group_of_a_test_s_own(
    rushes_broker: "Broker", rushes_topic: str, rushes_group: str
) -> None:
    servers = rushes_broker.bootstrap_servers
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        await producer.send_and_wait(rushes_topic, b"hello")
    consumer = AIOKafkaConsumer(
        rushes_topic, bootstrap_servers=servers, group_id=rushes_group, auto_offset_reset="earliest"
    )
    async with consumer:
        assert (await consumer.getone()).value == b"hello"


@pytest.mark.all
async def test_a_consumer_of_scenes_detected(rushes: "Rushes") -> None:
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
