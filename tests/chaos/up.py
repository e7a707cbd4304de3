"""`rushes up` as a program that is killed and started again on the same data."""

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from tests.chaos.outcome import Place, points_of
from tests.cluster.cluster import until
from tests.cluster.services import COMMAND

from rushes_runtime.index.open import open_index
from rushes_testing.process import Process, descendants, free_ports

WITHIN_S = 400.0
SETTINGS = {
    "RUSHES_ASR__MODEL": "whisper-tiny.en",
    "RUSHES_ASR__THREADS": "1",
    "RUSHES_MODELS__THREADS": "1",
    "RUSHES_FAILURES__MAX_COMPUTE_ATTEMPTS": "10",  # children are killed here that did nothing wrong
    "RUSHES_FAILURES__RETRY_CAP_S": "5",
    "RUSHES_FAILURES__CHECK_EVERY_S": "1",
    "RUSHES_INGEST__KEEP_FREE": "50000000",
    "COLUMNS": "200",
}


class Up(Process):
    """The embedded mode on a folder, with settings that are meant for short films."""

    def __init__(self, data: Path, log: Path) -> None:
        port, grpc_port = free_ports(2)
        self.data = data
        self.url = f"http://127.0.0.1:{port}"
        listen = ["--port", str(port), "--grpc-port", str(grpc_port)]
        super().__init__(
            "rushes up",
            [*COMMAND, "up", "--data", str(data), *listen],
            log,
            environment=SETTINGS,
            is_ready=lambda: self.not_ready() == {},
            start_s=300,
        )

    def not_ready(self) -> dict[str, str] | None:
        """What `/readyz` says is wrong, or None where it does not answer."""
        try:
            said = httpx.get(f"{self.url}/readyz", timeout=30).json()["checks"]
        except httpx.HTTPError:
            return None
        return {name: sentence for name, sentence in said.items() if sentence != "ok"}

    def upload(self, film: Path) -> bool:
        """Whether a film was taken. A careful client sends again what was not."""
        try:
            with film.open("rb") as file:
                answer = httpx.post(f"{self.url}/v1/uploads", files={"file": (film.name, file)}, timeout=60)
        except httpx.HTTPError:
            return False
        assert answer.status_code in (202, 507) or answer.status_code >= 500, answer.text
        return answer.status_code == 202

    def statuses(self) -> dict[str, str]:
        """Every video's status."""
        listed: list[Any] = httpx.get(f"{self.url}/v1/videos", params={"limit": 100}, timeout=60).json()["videos"]
        return {video["video_id"]: video["status"] for video in listed}

    def settled(self, count: int) -> dict[str, str]:
        """Every video's status once there are so many and none is in work."""

        def all_settled() -> dict[str, str] | None:
            found = self.statuses()
            return found if len(found) == count and "processing" not in found.values() else None

        return until(all_settled, WITHIN_S, lambda: f"{json.dumps(self.statuses())}\n{self.tail()}")

    def dead(self) -> Any:
        """The open dead letters."""
        return httpx.get(f"{self.url}/v1/dead-letters", timeout=60).raise_for_status().json()["dead_letters"]

    @property
    def kafka(self) -> str:
        """The address of its broker, as it said last."""
        return str(re.findall(r"Kafka\s+(\S+:\d+)", self.log.read_text(errors="replace"))[-1])

    def below(self) -> set[int]:
        """The processes below it."""
        return descendants(self.pid) if self.is_running else set()

    def points(self) -> Counter[Place]:
        """What lies in its index, once it has ended."""
        assert not self.is_running
        return asyncio.run(points_of(open_index(f"edge://{self.data / 'index'}")))
