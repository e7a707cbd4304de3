"""Each setting that is wrong is named in one sentence, by `rushes doctor` and by the start of a service."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.cluster.cluster import Cluster
from tests.cluster.kafka import ApacheKafka
from tests.cluster.minio import Minio
from tests.cluster.services import rushes

from rushes_runtime.platform import open_blobs
from rushes_runtime.settings import Settings, load

CATALOG = ("run", "catalog", "--port", "0")
NOBODY = "127.0.0.1:9"
WRONG = [
    ("RUSHES_KAFKA__BOOTSTRAP_SERVERS", NOBODY, "RUSHES_KAFKA__BOOTSTRAP_SERVERS"),
    ("RUSHES_KAFKA__PASSWORD", "wrong", "RUSHES_KAFKA__PASSWORD"),
    ("RUSHES_KAFKA__CA_FILE", "/etc/ssl/certs/ca-certificates.crt", "RUSHES_KAFKA__CA_FILE"),
    ("RUSHES_KAFKA__CA_FILE", "/nowhere", "RUSHES_KAFKA__"),
    ("RUSHES_KAFKA__SECURITY_PROTOCOL", "PLAINTEXT", "RUSHES_KAFKA__SECURITY_PROTOCOL"),
    ("RUSHES_TOPICS__PARTITIONS", "7", "RUSHES_TOPICS__PARTITIONS"),
    ("RUSHES_BLOBS__URL", "s3://not-there", "RUSHES_BLOBS__URL"),
    ("RUSHES_BLOBS__SECRET_ACCESS_KEY", "wrong", "RUSHES_BLOBS__SECRET_ACCESS_KEY"),
    ("RUSHES_BLOBS__ENDPOINT", f"http://{NOBODY}", "RUSHES_BLOBS__ENDPOINT"),
    ("RUSHES_QDRANT__URL", f"http://{NOBODY}", "RUSHES_QDRANT__URL"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Broker with TLS and SASL, blob store and index, which are well."""
    quick = {"RUSHES_KAFKA__CONNECT_TIMEOUT_S": "4", "RUSHES_BLOBS__RETRY_S": "1"}
    with Cluster(tmp_path_factory.mktemp("wrong"), "SCRAM-SHA-512", **quick) as running:
        yield running


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("setting", "value", "named"), WRONG, ids=[f"{row[0]}={row[1]}" for row in WRONG])
def test_a_start_names_the_setting(cluster: Cluster, setting: str, value: str, named: str) -> None:
    started = rushes(cluster.environment | {setting: value}, *CATALOG, timeout_s=90)
    assert started.returncode == 1, started.stderr
    [sentence] = [line for line in started.stderr.splitlines() if not line.startswith("{")]
    assert named in sentence and "Traceback" not in started.stderr


@pytest.mark.timeout(180)
def test_the_doctor_names_each_setting(cluster: Cluster) -> None:
    wrong = {
        "RUSHES_KAFKA__PASSWORD": "wrong",
        "RUSHES_BLOBS__URL": "s3://not-there",
        "RUSHES_QDRANT__URL": f"http://{NOBODY}",
    }
    said = rushes(cluster.environment | wrong, "doctor", "--json", timeout_s=150)
    assert said.returncode == 1 and not said.stderr
    findings = {finding["check"]: finding for finding in json.loads(said.stdout)}
    for check, setting in zip(("broker", "blobs", "index"), wrong, strict=True):
        assert findings[check]["status"] == "wrong" and setting in findings[check]["says"]


@pytest.mark.timeout(120)
def test_topics_that_are_missing_are_named(tmp_path: Path) -> None:
    with ApacheKafka(tmp_path / "kafka") as kafka:
        places = kafka.plaintext | {"RUSHES_QDRANT__URL": f"edge://{tmp_path / 'index'}"}
        started = rushes(places, *CATALOG)
        assert started.returncode == 1 and "`rushes topics apply`" in started.stderr


async def test_media_come_straight_from_s3_where_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Minio(tmp_path / "minio") as minio:
        for name, value in (minio.environment_of_services | {"RUSHES_BLOBS__LINK_S": "60"}).items():
            monkeypatch.setenv(name, value)
        blobs = open_blobs(load(Settings).blobs)
        await blobs.put("videos/a/source", b"some film", "video/mp4")
        link = blobs.link("videos/a/source")
        assert link is not None and link.startswith(minio.endpoint)
        async with httpx.AsyncClient() as http:
            assert (await http.get(link)).content == b"some film"
            assert (await http.get(link.split("?", maxsplit=1)[0])).status_code == 403
        assert [piece async for piece in blobs.stream("videos/a/source", 5)] == [b"film"]
        with blobs.open("videos/a/source") as file:
            assert not isinstance(file, str) and file.read() == b"some film"
