"""Looking for what can't be there."""

from pathlib import Path

import pytest

from rushes_runtime.blobs import Blobs
from rushes_runtime.generations import find_source


@pytest.mark.parametrize("id", ["", "..", "../../etc", "x\x85", "Ó<\x9a.", "0" * 36, "%2e%2e"])
async def test_nothing_is_stored_under_what_is_no_id(tmp_path: Path, id: str) -> None:
    assert await find_source(Blobs(tmp_path.as_uri()), id) is None
