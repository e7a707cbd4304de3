"""A blob store: your bucket, a MinIO in a container, or a folder."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

from rushes_testing import docker

URL = "S3_URL"
ENDPOINT, ACCESS_KEY, SECRET_KEY = "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
IMAGE = "RUSHES_TESTING_MINIO_IMAGE"
DEFAULT_IMAGE = "minio/minio:RELEASE.2025-09-07T16-13-09Z"
USER, PASSWORD, BUCKET = "rushes", "rushes-testing", "rushes"


@dataclass(frozen=True)
class BlobStore:
    """A blob store for tests. `kind` says where it came from: "url", "docker" or "folder"."""

    url: str
    kind: str
    access: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a service that uses it."""
        return {"RUSHES_BLOBS__URL": self.url} | dict(self.access)


@contextmanager
def blobs(folder: Path) -> Iterator[BlobStore]:
    """Yield the first blob store that is available: S3_URL (`s3://bucket/prefix`, with AWS_ENDPOINT_URL,
    AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY); a container, if Docker answers; `folder`."""
    # In a bucket of yours, each run has a prefix of its own, so that runs at the same time do not see each other.
    if url := os.environ.get(URL):
        access = _access(*(os.environ.get(name) for name in (ENDPOINT, ACCESS_KEY, SECRET_KEY)))
        yield BlobStore(f"{url.rstrip('/')}/{uuid4()}", "url", access)
    elif docker.answers():
        with in_docker(os.environ.get(IMAGE, DEFAULT_IMAGE)) as found:
            yield found
    else:
        yield in_folder(folder)


def in_folder(folder: Path) -> BlobStore:
    """Return a blob store in a folder below this one."""
    return BlobStore((folder / "blobs").resolve().as_uri(), "folder")


@contextmanager
def in_docker(image: str) -> Iterator[BlobStore]:
    """Run a MinIO in a container, with an empty bucket."""
    # For MinIO each folder below its data folder is a bucket.
    start = ["-c", f"mkdir -p /data/{BUCKET} && exec minio server /data"]
    environment = {"MINIO_ROOT_USER": USER, "MINIO_ROOT_PASSWORD": PASSWORD}
    with docker.container(
        image, 9000, _answers, command=lambda _: start, environment=lambda _: environment, entrypoint="sh"
    ) as address:
        yield BlobStore(f"s3://{BUCKET}", "docker", _access(f"http://{address}", USER, PASSWORD))


def _access(endpoint: str | None, user: str | None, password: str | None) -> dict[str, str]:
    named = {"ENDPOINT": endpoint, "ACCESS_KEY_ID": user, "SECRET_ACCESS_KEY": password}
    return {f"RUSHES_BLOBS__{name}": value for name, value in named.items() if value}


def _answers(address: str) -> bool:
    try:
        with urlopen(f"http://{address}/minio/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
