"""Storing: invalid ids, and what killed uploads leave behind."""

import os
import time
from pathlib import Path

import pytest

from rushes_ingest.store import STALE_AFTER, stale_uploads_removed
from rushes_runtime.blobs import Blobs
from rushes_runtime.generations import find_source


@pytest.mark.parametrize("id", ["", "..", "../../etc", "x\x85", "Ó<\x9a.", "0" * 36, "%2e%2e"])
async def test_nothing_is_stored_under_what_is_no_id(tmp_path: Path, id: str) -> None:
    assert await find_source(Blobs(tmp_path.as_uri()), id) is None


@pytest.mark.parametrize("name", ["abandoned", "abandoned#1"])
async def test_what_arrived_no_further_is_removed(tmp_path: Path, name: str) -> None:
    incoming = tmp_path / "incoming"
    (incoming / "resumable").mkdir(parents=True)
    kept = [incoming / "arriving", incoming / "resumable" / "kept", tmp_path / "videos"]
    for path in [*kept, incoming / name]:
        path.write_bytes(b"bytes")
    long_ago = time.time() - STALE_AFTER.total_seconds() - 60
    for path in (incoming / name, incoming / "resumable" / "kept", tmp_path / "videos"):
        os.utime(path, (long_ago, long_ago))
    async with stale_uploads_removed(Blobs(tmp_path.as_uri())):
        assert [path.exists() for path in kept] == [True, True, True]
        assert not (incoming / name).exists()
