"""What killed uploads leave behind is removed when ingest starts."""

import os
import time
from pathlib import Path

import pytest

from rushes_ingest.store import STALE_AFTER, stale_uploads_removed
from rushes_runtime.blobs import Blobs


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
