"""kill -9 at every place where a handler waits, enumerated, on Apache Kafka, MinIO and a shared index."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from tests.cluster.cluster import Cluster, until
from tests.cluster.films import EXAMPLES, stretch
from tests.cluster.services import ServiceProcess

from rushes_runtime.index.server import ServerIndex
from rushes_schemas.index import SCENES_ALIAS
from rushes_schemas.topics import SERVICES

pytestmark = [pytest.mark.all, pytest.mark.long, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "RUSHES_INGEST__SEGMENTS__TARGET_S": "5",
    "RUSHES_INGEST__SEGMENTS__MIN_S": "4",
    "RUSHES_INGEST__SEGMENTS__MAX_S": "6",
    "RUSHES_KAFKA__SESSION_TIMEOUT_S": "1.2",
    "RUSHES_TOPICS__PARTITIONS": "2",
    "RUSHES_CATALOG__RECONCILE_EVERY_S": "5",
    "RUSHES_CATALOG__STUCK_AFTER_S": "20",
    "RUSHES_FAILURES__MAX_ATTEMPTS": "50",
    "RUSHES_FAILURES__MAX_COMPUTE_ATTEMPTS": "50",
}


class Mortal(ServiceProcess):
    """A service that dies at each fault point once."""

    def __init__(self, service: str, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(service, 1, folder, {**environment, "PYTHONPATH": str(ROOT)})
        self.points = folder / f"{service}.points"
        program, _, _, *arguments = self.command
        self.command = [program, "-m", "tests.faults.service", str(self.points), *arguments]

    def visited(self) -> list[str]:
        """The points that it died at."""
        return self.points.read_text().splitlines() if self.points.exists() else []


@pytest.fixture
def films(tmp_path: Path) -> list[Path]:
    """Two short films, and a text that is called one."""
    stretch(EXAMPLES / "cabinet-of-curiosities.mp4", 0, 11, tmp_path / "cabinet.mp4")
    stretch(EXAMPLES / "silent-postcards.mp4", 0, 5, tmp_path / "silent.mp4")
    (tmp_path / "text.mp4").write_text("no film at all")
    return [tmp_path / name for name in ("cabinet.mp4", "silent.mp4", "text.mp4")]


def test_killed_at_every_await_nothing_is_lost_and_nothing_is_twice(tmp_path: Path, films: list[Path]) -> None:
    with cluster(tmp_path / "undisturbed") as calm:
        calm.run(dict.fromkeys((*SERVICES, "query"), 1))
        publish(calm, films)
        expected = outcome(calm)

    with cluster(tmp_path / "disturbed") as disturbed:
        mortals = [Mortal(service, tmp_path / "lives", disturbed.environment) for service in SERVICES]
        disturbed.services += mortals
        for process in mortals:
            process.launch()
        disturbed.run({"query": 1})
        publish(disturbed, films)
        found = outcome(disturbed)
        for process in mortals:
            assert process.is_running, process.tail()

    assert found == expected
    visited = {process.service: len(process.visited()) for process in mortals}
    assert min(visited.values()) >= 8, visited


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    with Cluster(folder, "PLAINTEXT", **SETTINGS) as running:
        yield running


def publish(cluster: Cluster, films: list[Path]) -> None:
    """As any client may: one event a film."""
    addresses = cluster.environment["RUSHES_KAFKA__BOOTSTRAP_SERVERS"]
    producer = Producer({"bootstrap.servers": addresses})
    for film in films:
        producer.produce("video-uploaded", f'{{"uri": "{film.as_uri()}"}}'.encode())
    assert producer.flush(30) == 0


def outcome(cluster: Cluster) -> dict[str, Any]:
    """All that is left once nothing is in work: how the videos stand, points, blobs, dead letters."""
    videos = cluster.settled(3, within_s=600)
    until(lambda: nothing_waits(cluster) or None, 60)
    [catalog] = cluster.of("catalog")
    letters = json.loads(cluster.rushes("dead", "list", "--json", RUSHES_URL=catalog.url).stdout)
    return {
        "videos": {video_id: (video["status"], video["points"]) for video_id, video in videos.items()},
        "points": asyncio.run(points(cluster.environment["RUSHES_QDRANT__URL"])),
        "blobs": [key for key in cluster.minio.keys("") if not key.startswith("incoming/")],
        "dead letters": [(letter["service"], letter["reason"], letter["origin_topic"]) for letter in letters],
    }


def nothing_waits(cluster: Cluster) -> bool:
    """Whether every consumer has settled all that there is for it."""
    groups = json.loads(cluster.rushes("topics", "lag", "--json").stdout)
    return not any(group["waiting"] for group in groups)


async def points(url: str) -> list[str]:
    """The ids of all scenes that a search can find, and twice where one is there twice."""
    index, ids, after = ServerIndex(url), list[str](), None
    while True:
        page = await index.scroll(SCENES_ALIAS, limit=100, after=after)
        ids += [point.id for point in page.points]
        if (after := page.next) is None:
            await index.close()
            return sorted(ids)
