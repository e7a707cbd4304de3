"""Which index a URL means."""

import subprocess
import sys
from pathlib import Path

import pytest

from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.open import open_index
from rushes_runtime.index.server import ServerIndex

from .samples import CATALOG


@pytest.mark.parametrize("scheme", ["edge", "file"])
async def test_a_folder_is_edge(tmp_path: Path, scheme: str) -> None:
    index = open_index(f"{scheme}://{tmp_path}/my%20index", api_key=None, timeout_s=5)
    assert isinstance(index, EdgeIndex)
    await index.ensure("videos", CATALOG)
    assert (tmp_path / "my index" / "collections" / "videos").is_dir()
    await index.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:6333", "https://qdrant.example", "http://[::1]:6333/"])
async def test_an_address_is_a_server(url: str) -> None:
    index = open_index(url, api_key="a key", timeout_s=5)
    assert isinstance(index, ServerIndex)
    await index.close()


@pytest.mark.parametrize(
    "url", ["", "qdrant:6333", "http://", "http://host:port", "edge://", "edge:///", "edge://relative/folder", "s3://a"]
)
def test_anything_else_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="RUSHES_QDRANT__URL"):
        open_index(url)


def test_an_engine_is_imported_when_it_is_chosen() -> None:
    program = (
        "import sys, rushes_runtime.index.open; sys.exit(bool({'qdrant_edge', 'qdrant_client'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
