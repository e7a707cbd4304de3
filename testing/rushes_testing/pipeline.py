"""All of rushes, running in a process of its own on a broker, an index and a blob store.

python -m rushes_testing.pipeline       every service, on what the settings name
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from rushes_testing.blobs import BlobStore
from rushes_testing.broker import Broker
from rushes_testing.index import QdrantIndex
from rushes_testing.process import Process, free_ports
from rushes_testing.waiting import until

START_S = 120.0
SETTLED_S = 300.0
QUICK = {"RUSHES_KAFKA__SESSION_TIMEOUT_S": "6", "RUSHES_TOPICS__PARTITIONS": "2"}


class Rushes(Process):
    """The running pipeline: its addresses, and what tests need most often."""

    def __init__(
        self, broker: Broker, index: QdrantIndex, blobs: BlobStore, folder: Path, settings: Mapping[str, str]
    ) -> None:
        port, grpc_port = free_ports(2)
        self.broker = broker
        self.index = index
        self.blobs = blobs
        self.url = f"http://127.0.0.1:{port}"
        self.grpc = f"127.0.0.1:{grpc_port}"
        ports = {"RUSHES_HTTP__PORT": str(port), "RUSHES_HTTP__GRPC_PORT": str(grpc_port)}
        super().__init__(
            "rushes",
            [sys.executable, "-m", __name__],
            folder / "rushes.log",
            environment=QUICK | broker.settings | index.settings | blobs.settings | ports | dict(settings),
            is_ready=self.is_ready,
            start_s=START_S,
        )

    def is_ready(self) -> bool:
        """Whether all services are ready."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def add(self, path: Path, within_s: float = SETTLED_S, **said: str) -> Any:
        """Upload a video (`title`, `description`, `language`) and wait; what the catalog has of it once it is
        `indexed`, `degraded` or `failed`. Raises AssertionError if it is none of these in time."""
        with path.open("rb") as file:
            answer = httpx.post(f"{self.url}/v1/uploads", files={"file": (path.name, file)}, data=said, timeout=60)
        assert answer.status_code == 202, answer.text
        return self.settled(answer.json()["video_id"], within_s)

    def settled(self, video_id: str, within_s: float = SETTLED_S) -> Any:
        """What the catalog has of a video once nothing is left to do."""

        def look() -> Any:
            answer = httpx.get(f"{self.url}/v1/videos/{video_id}", timeout=30)
            known = answer.json() if answer.status_code == 200 else {"status": "processing"}
            return None if known["status"] == "processing" else known

        video = until(look, within_s)
        assert video is not None, f"{video_id} is not settled after {within_s:g} s:\n{self.tail()}"
        return video

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON of a GET request. Raises httpx.HTTPStatusError for an error status."""
        return httpx.get(self.url + path, params=parameters, timeout=30).raise_for_status().json()


@contextmanager
def pipeline(
    broker: Broker, index: QdrantIndex, blobs: BlobStore, folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Rushes]:
    """Run all services in one process while the context is open; yield them when they are ready.

    `settings` are environment variables that override all others. Missing topics are created."""
    with Rushes(broker, index, blobs, folder, settings or {}) as running:
        yield running
        assert running.stop() == 0, running.tail()


def main() -> None:
    """Run every service until SIGTERM."""
    from rushes_cli.local.compose import SERVICES
    from rushes_runtime.bus.topics import provision
    from rushes_runtime.logs import configure_logs
    from rushes_runtime.platform import open_platform
    from rushes_runtime.service import serve
    from rushes_runtime.settings import Settings, load

    async def run() -> None:
        settings = load(Settings)
        configure_logs(settings.log)
        await provision(settings.kafka, settings.topics)
        platform = open_platform(settings)
        try:
            await serve("rushes", [build(platform) for build in SERVICES.values()], settings, platform.metrics)
        finally:
            await platform.index.close()

    asyncio.run(run())


if __name__ == "__main__":
    main()
