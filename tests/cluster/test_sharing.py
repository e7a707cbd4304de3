"""Every service in processes of its own, several of some, on Apache Kafka by TLS and SASL, MinIO and a shared index."""

import hashlib
import json
import subprocess
from pathlib import Path

import httpx
import pytest
from tests.cluster.cluster import Cluster
from tests.cluster.films import twelve
from tests.cluster.kafka import PLAIN_PASSWORD, PLAIN_USER
from tests.scenes.whole_file import whole_file_cuts

from rushes_schemas.ids import video_id

pytestmark = pytest.mark.timeout(600)

COUNTS = {"query": 1, "catalog": 1, "ingest": 1, "asr": 3, "scenes": 2, "embed": 1}
SEGMENTS = {
    "RUSHES_INGEST__SEGMENTS__TARGET_S": "6",
    "RUSHES_INGEST__SEGMENTS__MIN_S": "4",
    "RUSHES_INGEST__SEGMENTS__MAX_S": "8",
}


def test_twelve_videos_are_shared_by_processes(tmp_path: Path) -> None:
    films = twelve(tmp_path / "films")
    with Cluster(tmp_path / "cluster", "SCRAM-SHA-512", **SEGMENTS) as cluster:
        cluster.run(COUNTS)
        publish_by_kcat(cluster, films[0])
        for film in films[1:]:
            upload(cluster, film)

        videos = cluster.settled(len(films), within_s=400)

        assert {video["status"] for video in videos.values()} == {"indexed"}
        details = [cluster.get(f"/v1/videos/{video_id}") for video_id in videos]
        assert all(video["segment_count"] > 1 and video["points"] for video in details)
        assert "By kcat" in {video["title"] for video in details}
        segments = sum(video["segment_count"] for video in details)
        for service in ("asr", "scenes"):
            shares = [process.done() for process in cluster.of(service)]
            assert min(shares) > 0 and sum(shares) >= segments, f"{service}: {shares} of {segments}"
        for film in films[::4]:
            assert cuts(cluster, film) == whole_file_cuts(film, "adaptive"), film.name
        assert cluster.get("/v1/search", q="ask what you can do for your country")["moments"]
        assert [process.stop() for process in cluster.services] == [0] * sum(COUNTS.values())


def cuts(cluster: Cluster, film: Path) -> list[int]:
    """Where a shot begins in an indexed film; that a segment does makes none."""
    video = video_id(hashlib.sha256(film.read_bytes()).hexdigest())
    scenes = cluster.get(f"/v1/videos/{video}/scenes")["scenes"]
    return [scene["start_ms"] for scene in scenes if not scene["continues"]][1:]


def publish_by_kcat(cluster: Cluster, film: Path) -> None:
    """As any client of any language may: a value, no key, no header; by TLS and SASL.

    By PLAIN: Debian 12's librdkafka (2.0) answers SCRAM with a nonce that Apache Kafka refuses since CVE-2024-56128.
    """
    properties = {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(cluster.kafka.certificates.authority),
        "sasl.mechanism": "PLAIN",
        "sasl.username": PLAIN_USER,
        "sasl.password": PLAIN_PASSWORD,
    }
    options = [part for name, value in properties.items() for part in ("-X", f"{name}={value}")]
    event = json.dumps({"uri": film.as_uri(), "title": "By kcat"})
    subprocess.run(
        ["kcat", "-P", "-b", cluster.kafka.addresses.sasl_ssl, "-t", "video-uploaded", *options],
        input=event,
        text=True,
        check=True,
        timeout=30,
    )


def upload(cluster: Cluster, film: Path) -> None:
    """Over HTTP, through ingest's door."""
    [ingest] = cluster.of("ingest")
    with film.open("rb") as file:
        answer = httpx.post(f"{ingest.url}/v1/uploads", files={"file": (film.name, file)}, timeout=60)
    assert answer.status_code == 202, answer.text
