"""The production parts together: Apache Kafka, MinIO, the index's process, and any number of each service."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import httpx
from tests.cluster.kafka import ApacheKafka
from tests.cluster.minio import Minio
from tests.cluster.services import ServiceProcess, rushes

from rushes_testing.process import Process, descendants, free_pair, left_over
from rushes_testing.qdrant import QdrantProcess

QUICK = {
    "RUSHES_ASR__MODEL": "whisper-tiny.en",
    "RUSHES_ASR__THREADS": "1",
    "RUSHES_MODELS__THREADS": "1",
    "RUSHES_KAFKA__SESSION_TIMEOUT_S": "6",
    "RUSHES_FAILURES__RETRY_BASE_S": "0.2",
    "RUSHES_FAILURES__RETRY_CAP_S": "5",
}
"""Small models, one thread each, and a broker that soon notices who is dead."""

Security = Literal["PLAINTEXT", "SCRAM-SHA-512", "PLAIN"]
SETTLED = ("indexed", "degraded", "failed")
POLL_S = 0.25

T = TypeVar("T")


class Cluster:
    """All parts on free ports of loopback, below one folder that keeps their data and logs.

    Entering it starts broker, blob store and index, and makes the topics; `run` starts services. Leaving it ends
    everything, and fails where a process is left behind. Every part can be killed and started again in between.
    """

    def __init__(self, folder: Path, security: Security = "PLAINTEXT", **environment: str) -> None:
        self.folder = folder
        self.kafka = ApacheKafka(folder / "kafka")
        self.minio = Minio(folder / "minio")
        self.index = QdrantProcess(folder / "index", free_pair())
        kafka = self.kafka.plaintext if security == "PLAINTEXT" else self.kafka.sasl_ssl(security)
        places = kafka | self.minio.environment_of_services | self.index.environment_of_services
        self.environment = QUICK | places | environment
        self.services: list[ServiceProcess] = []

    @property
    def parts(self) -> list[Process]:
        """What the services stand on."""
        return [self.kafka, self.minio, self.index]

    def __enter__(self) -> Self:
        try:
            for part in self.parts:
                part.launch()
            for part in self.parts:
                part.wait_ready()
            applied = self.rushes("topics", "apply", "--yes")
            assert applied.returncode == 0, applied.stderr
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        running = {process.pid for process in [*self.parts, *self.services] if process.is_running}
        everything = running.union(*map(descendants, running))
        self.kill()
        assert not (left := left_over(everything)), f"left behind: {left}"

    def kill(self) -> None:
        """SIGKILL to all."""
        with ExitStack() as stack:
            for process in [*self.parts, *self.services]:
                stack.callback(process.kill)

    def run(self, counts: Mapping[str, int], **environment: str) -> list[ServiceProcess]:
        """Start so many more processes of these services, and wait until all are ready."""
        started = [self.launch(service, **environment) for service, count in counts.items() for _ in range(count)]
        return [each.wait_ready() for each in started]

    def launch(self, service: str, **environment: str) -> ServiceProcess:
        """Start one more process of a service, and wait for nothing."""
        number = 1 + len(self.of(service))
        process = ServiceProcess(service, number, self.folder / "logs", self.environment | environment)
        self.services.append(process)
        process.launch()
        return process

    def of(self, service: str) -> list[ServiceProcess]:
        """All processes of a service, those that have ended too."""
        return [each for each in self.services if each.service == service]

    def rushes(self, *arguments: str, **environment: str) -> Any:
        """The `rushes` command with the cluster's settings."""
        return rushes(self.environment | environment, *arguments)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON that a running query service answers."""
        query = next(each for each in self.of("query") if each.is_running)
        return httpx.get(query.url + path, params=parameters, timeout=30).raise_for_status().json()

    def videos(self) -> dict[str, Any]:
        """Every video of the catalog, by id."""
        listed: dict[str, Any] = {}
        cursor: str | None = None
        while True:
            page = self.get("/v1/videos", limit=100, **({"cursor": cursor} if cursor else {}))
            listed |= {video["video_id"]: video for video in page["videos"]}
            if not (cursor := page["next_cursor"]):
                return listed

    def settled(self, count: int, within_s: float) -> dict[str, Any]:
        """The catalog once it has so many videos and none of them is in work. Raises AssertionError if not in time."""

        def all_settled() -> dict[str, Any] | None:
            videos = self.videos()
            done = [video for video in videos.values() if video["status"] in SETTLED]
            return videos if len(done) == len(videos) == count else None

        return until(all_settled, within_s, self.explained)

    def explained(self) -> str:
        """How every video stands, and the last lines of every service's log."""
        videos = self.videos().values()
        statuses = [f"{video['video_id']} {video['status']} {video.get('reason') or ''}" for video in videos]
        return "\n".join([*statuses, *(f"--- {each.name}\n{each.tail(8)}" for each in self.services)])


def until(look: Callable[[], T | None], within_s: float, explain: Callable[[], str] = str) -> T:
    """What `look` returns once that is something. Raises AssertionError with the explanation if not in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if (seen := look()) is not None:
            return seen
        time.sleep(POLL_S)
    raise AssertionError(f"not within {within_s:g} s:\n{explain()}")
