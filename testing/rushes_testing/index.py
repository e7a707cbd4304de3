"""An index: your Qdrant server, one in a container, or Qdrant Edge behind Qdrant's gRPC protocol."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rushes_testing import docker
from rushes_testing.process import free_pair
from rushes_testing.qdrant import KEY, QdrantProcess

URL = "QDRANT_URL"
API_KEY = "QDRANT_API_KEY"
IMAGE = "RUSHES_TESTING_QDRANT_IMAGE"
DEFAULT_IMAGE = "qdrant/qdrant:v1.15.4"
HTTP, GRPC = 6333, 6334


@dataclass(frozen=True)
class QdrantIndex:
    """A running Qdrant: gRPC on the port after the URL's. `kind` says where it came from: "url", "docker", "edge".

    Edge speaks gRPC only.
    """

    url: str
    kind: str
    api_key: str | None = None

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a service that uses it."""
        return {"RUSHES_QDRANT__URL": self.url} | ({KEY: self.api_key} if self.api_key else {})


@contextmanager
def index(folder: Path) -> Iterator[QdrantIndex]:
    """Yield the first that is available: QDRANT_URL (with QDRANT_API_KEY); a container, if Docker answers; Edge."""
    if url := os.environ.get(URL):
        yield QdrantIndex(url, "url", os.environ.get(API_KEY))
    elif docker.answers():
        with in_docker(os.environ.get(IMAGE, DEFAULT_IMAGE)) as found:
            yield found
    else:
        with edge(folder) as found:
            yield found


@contextmanager
def edge(folder: Path) -> Iterator[QdrantIndex]:
    """Run Qdrant Edge in a process of its own, with its data in `folder`."""
    with QdrantProcess(folder, free_pair()) as process:
        yield QdrantIndex(process.url, "edge")


@contextmanager
def in_docker(image: str) -> Iterator[QdrantIndex]:
    """Run a Qdrant server in a container."""
    port = free_pair()
    with docker.container(image, HTTP, _listens, port=port, more_ports={GRPC: port + 1}) as address:
        yield QdrantIndex(f"http://{address}", "docker")


def _listens(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port) + 1)) == 0
