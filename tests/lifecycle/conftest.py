"""A platform whose calls to the blob store and to the index can be made to fail, one after another."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes_runtime.blobs import Blobs
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.scene_collections import scenes_collections
from rushes_runtime.index.video_records import ensure_videos
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.settings import Settings
from rushes_schemas.index import SCENES_ALIAS

from .faults import Faults
from .video import SCENES


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """A folder of blobs and an Edge index with two collections of scenes, as while a reindex is on its way."""
    index = EdgeIndex(tmp_path / "index")
    await ensure_videos(index)
    for recipe in ("one", "two"):
        await index.ensure(f"{SCENES_ALIAS}-{recipe}", SCENES)
    await index.point_alias(SCENES_ALIAS, f"{SCENES_ALIAS}-one")
    assert len(await scenes_collections(index)) == 2
    yield Platform(Settings(), Blobs((tmp_path / "blobs").as_uri()), index, Metrics())
    await index.close()


@pytest.fixture
def faults(platform: Platform) -> Faults:
    """The same platform, to be interrupted."""
    return Faults(platform)
