"""A real MinIO, built from its Go module, on loopback."""

from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import obstore
from obstore.store import S3Store
from tests.cluster.cache import cached, run

from rushes_testing.process import Process, free_ports

VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
USER, PASSWORD = "rushes", "kept-in-the-tests"
BUCKET = "rushes"


class Minio(Process):
    """The server, ready to `start()`, with an empty bucket. It keeps its data and port over kills and restarts."""

    def __init__(self, folder: Path, bucket: str = BUCKET) -> None:
        self.bucket = bucket
        [port] = free_ports(1)
        self.endpoint = f"http://127.0.0.1:{port}"
        (folder / "data" / bucket).mkdir(parents=True)  # a folder of its data is a bucket
        super().__init__(
            "MinIO",
            [str(fetch()), "server", "--address", f"127.0.0.1:{port}", str(folder / "data")],
            folder / "minio.log",
            environment={
                "MINIO_ROOT_USER": USER,
                "MINIO_ROOT_PASSWORD": PASSWORD,
                "MINIO_BROWSER": "off",
                "MINIO_UPDATE": "off",
            },
            is_ready=self._answers,
        )

    @property
    def environment_of_services(self) -> dict[str, str]:
        """The settings of a service whose blobs lie here."""
        return {
            "RUSHES_BLOBS__URL": f"s3://{self.bucket}",
            "RUSHES_BLOBS__ENDPOINT": self.endpoint,
            "RUSHES_BLOBS__ACCESS_KEY_ID": USER,
            "RUSHES_BLOBS__SECRET_ACCESS_KEY": PASSWORD,
        }

    def store(self) -> S3Store:
        """The bucket, for a test that looks into it by itself."""
        return S3Store(
            self.bucket,
            endpoint=self.endpoint,
            region="us-east-1",
            access_key_id=USER,
            secret_access_key=PASSWORD,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )

    def keys(self, prefix: str = "") -> list[str]:
        """What lies in the bucket, sorted."""
        return sorted(entry["path"] for some in obstore.list(self.store(), prefix or None) for entry in some)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.endpoint}/minio/health/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


def fetch() -> Path:
    """The server's program, built the first time: minutes."""
    return cached(f"minio-{VERSION}", _build) / "minio"


def _build(folder: Path) -> None:
    run(["go", "install", f"github.com/minio/minio@{VERSION}"], GOBIN=str(folder))
