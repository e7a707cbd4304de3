"""200 videos reindexed with another model while four clients search, with kill -9 three times in the middle."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from tests.cluster.cluster import QUICK, Cluster, until
from tests.lifecycle.seeds import SCENES, keyword, seed
from tests.models.exported import write_model

from rushes_runtime.blobs import Blobs
from rushes_runtime.platform import open_blobs
from rushes_runtime.settings import BlobSettings

pytestmark = pytest.mark.timeout(900)

VIDEOS = 200
CLIENTS = 4
KILLS = ((0.2, "embed"), (0.45, "catalog"), (0.7, "embed"))
"""At which part of the way, and what."""


class Searching:
    """A client that asks without a pause and keeps what it was answered."""

    def __init__(self, url: str, number: int) -> None:
        self.answers: list[frozenset[str]] = []
        self.failures: list[str] = []
        self._url = url
        self._number = number
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Searching":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        asked = self._number
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self._stop.is_set():
                asked = (asked + CLIENTS) % VIDEOS
                answer = client.get("/v1/search", params={"q": f"{keyword(asked)} a cat", "limit": "20"})
                moments = answer.json().get("moments", []) if answer.status_code == 200 else []
                self.answers.append(frozenset(scene for moment in moments for scene in moment["scenes"]))
                if not moments:
                    self.failures.append(f"{answer.status_code}: {answer.text[:300]}")


def test_searched_killed_swapped_and_gone_back_to(tmp_path: Path) -> None:
    write_model(tmp_path / "clip")
    clip = f"onnx-clip:{tmp_path / 'clip'}"
    with Cluster(tmp_path / "cluster", RUSHES_BLOBS__REGION="us-east-1") as cluster:
        cluster.run(dict.fromkeys(("ingest", "asr", "scenes", "embed", "catalog", "query"), 1))
        asyncio.run(publish(cluster))
        settled = cluster.settled(VIDEOS, within_s=400)
        assert {video["status"] for video in settled.values()} == {"indexed"}
        ledger = {id: cluster.get(f"/v1/videos/{id}")["segments"] for id in sorted(settled)[:20]}
        old = scene_ids(cluster)
        assert len(old) == VIDEOS * SCENES
        url = cluster.of("query")[0].url
        clients = [Searching(url, number) for number in range(CLIENTS)]
        with clients[0], clients[1], clients[2], clients[3]:
            state = reindexed(cluster, clip)
            new = scene_ids(cluster)
            until(lambda: all(client.answers[-1] <= new for client in clients) or None, 60)
            began = time.monotonic()
            asked(cluster, "POST", "/v1/reindex/rollback")
            assert time.monotonic() - began < 1
            until(lambda: all(client.answers[-1] <= old for client in clients) or None, 10)
        assert {each["points"] for each in state["collections"]} == {VIDEOS * SCENES}
        assert not old & new
        for client in clients:
            assert client.failures == [] and len(client.answers) > 20
            assert all(answer <= old or answer <= new for answer in client.answers), "an answer mixed both models"
        again = {id: cluster.get(f"/v1/videos/{id}")["segments"] for id in ledger}
        assert again == ledger, "nothing was transcribed, decoded or seen again for the old index"


def reindexed(cluster: Cluster, clip: str) -> Any:
    """Reindex, killing on the way what is to be killed and beginning again after it; how it stands at the end."""
    asked(cluster, "POST", "/v1/reindex", image_text=clip)
    for part, service in KILLS:
        until(lambda part=part: gone_on(cluster, part), 300, cluster.explained)  # type: ignore[misc]
        [victim] = [each for each in cluster.of(service) if each.is_running]
        victim.kill()
        cluster.run({service: 1})
        asked(cluster, "POST", "/v1/reindex", image_text=clip)
    return until(lambda: swapped(asked(cluster, "GET", "/v1/reindex")), 300, cluster.explained)


def gone_on(cluster: Cluster, part: float) -> bool | None:
    """Whether so much of the way is done."""
    state = asked(cluster, "GET", "/v1/reindex")
    assert state["status"] == "filling", state
    new = [each["points"] for each in state["collections"] if not each["searched"]]
    return (new and new[0] >= part * VIDEOS * SCENES) or None


def swapped(state: Any) -> Any:
    """The state, once it is the last one."""
    assert state["status"] in ("filling", "swapped"), state
    return state if state["status"] == "swapped" else None


def asked(cluster: Cluster, method: str, path: str, **body: Any) -> Any:
    """The JSON that the running catalog answers."""
    [catalog] = [each for each in cluster.of("catalog") if each.is_running]
    sent = body if method == "POST" else None
    return httpx.request(method, catalog.url + path, timeout=60, json=sent).raise_for_status().json()


def scene_ids(cluster: Cluster) -> frozenset[str]:
    """The scenes of the collection that is searched."""
    videos = cluster.videos()
    scenes = [cluster.get(f"/v1/videos/{id}/scenes")["scenes"] for id in videos]
    return frozenset(scene["id"] for its in scenes for scene in its)


async def publish(cluster: Cluster) -> None:
    """Store the videos and announce them."""
    events = [await seed(stored(cluster), number, QUICK["RUSHES_ASR__MODEL"]) for number in range(VIDEOS)]
    async with AIOKafkaProducer(bootstrap_servers=cluster.environment["RUSHES_KAFKA__BOOTSTRAP_SERVERS"]) as producer:
        for event in events:
            await producer.send_and_wait("video-uploaded", event.model_dump_json().encode())


def stored(cluster: Cluster) -> Blobs:
    """The cluster's blob store."""
    prefix = "RUSHES_BLOBS__"
    named = {name: value for name, value in cluster.environment.items() if name.startswith(prefix)}
    settings = {name.removeprefix(prefix).lower(): value for name, value in named.items()}
    return open_blobs(BlobSettings.model_validate(settings))
