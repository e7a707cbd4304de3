"""A service does not start on data of a newer rushes, and opens those of an older one and its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.metrics import Metrics
from rushes_runtime.service import Service, serve
from rushes_runtime.settings import BlobSettings, HttpSettings, Settings
from rushes_runtime.store_format import require_known_format

NEWER = b'{"written_by": "9.1", "rushes_format": 7}'


async def test_a_service_does_not_start_on_newer_data(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    await blobs.put("format.json", NEWER)
    settings = Settings(blobs=BlobSettings(url=tmp_path.as_uri()), http=HttpSettings(port=0))
    with pytest.raises(ConfigurationError, match="format 7"):
        await serve("test", [Service("test", checks={"blobs": blobs.ready})], settings, Metrics())
    assert await blobs.get("format.json") == NEWER


@pytest.mark.parametrize(
    "stored", [None, b'{"written_by": "0.0.1"}', b'{"written_by": "0.1.0", "rushes_format": 1}', b""]
)
async def test_older_data_the_same_and_a_damaged_note_open(tmp_path: Path, stored: bytes | None) -> None:
    blobs = Blobs(tmp_path.as_uri())
    if stored is not None:
        await blobs.put("format.json", stored)
    await require_known_format(blobs)
    if stored:
        assert await blobs.get("format.json") == stored
    else:
        assert json.loads(await blobs.get("format.json"))["rushes_format"] == 1


def test_rushes_up_ends_with_1_and_says_both_versions(tmp_path: Path) -> None:
    (tmp_path / "data" / "blobs").mkdir(parents=True)
    (tmp_path / "data" / "blobs" / "format.json").write_bytes(NEWER)
    command = [str(Path(sys.executable).with_name("rushes")), "up", "--data", "data", "--port", "0", "--grpc-port", "0"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False)
    said = " ".join((ended.stdout + ended.stderr).split())
    assert ended.returncode == 1, said
    assert "format 7, written by rushes 9.1" in said and "knows formats up to 1" in said
    assert "Traceback" not in said
