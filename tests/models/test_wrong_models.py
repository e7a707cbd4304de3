"""One image-text and one text model for the whole installation: others than the index's are refused."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from rushes_catalog import app as catalog
from rushes_catalog.settings import CatalogSettings
from rushes_embed import app as embed
from rushes_embed.settings import EmbedSettings
from rushes_models.onnx_clip import MANIFEST
from rushes_models.registry import encoders
from rushes_query.app import build
from rushes_query.settings import QuerySettings
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.made_with import MadeWith, WrongModels, require_same_models
from rushes_runtime.index.scene_collections import choose_encoders, ensure_scenes, fingerprint, make_scenes, scenes_spec
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.service import make_app
from rushes_runtime.settings import HttpSettings, ModelSettings, Settings
from rushes_schemas.index import SCENES_ALIAS

from .exported import write_model

CONSE = ModelSettings()


@pytest.fixture
def clip(tmp_path: Path) -> ModelSettings:
    """Another image-text model."""
    write_model(tmp_path / "clip")
    return ModelSettings(image_text=f"onnx-clip:{tmp_path / 'clip'}")


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """An index that was filled with ConSE."""
    made = platform_with(CONSE, tmp_path)
    await ensure_scenes(made, choose_encoders(CONSE, encoders))
    yield made
    await made.index.close()


def platform_with(models: ModelSettings, folder: Path, like: Platform | None = None) -> Platform:
    """An installation of these models, on the places of another."""
    index = like.index if like else EdgeIndex(folder / "index")
    settings = Settings(models=models, http=HttpSettings(grpc_port=0))
    return Platform(settings, Blobs((folder / "blobs").as_uri()), index, Metrics())


async def test_the_same_models_start_again_and_again(platform: Platform) -> None:
    name = await ensure_scenes(platform, choose_encoders(CONSE, encoders))
    assert await platform.index.resolve(SCENES_ALIAS) == name
    assert await platform.index.collections() == [name]


async def test_another_model_makes_no_second_collection_and_says_both_and_what_to_do(
    platform: Platform, clip: ModelSettings, tmp_path: Path
) -> None:
    before = await platform.index.collections()
    with pytest.raises(WrongModels) as refused:
        await ensure_scenes(platform_with(clip, tmp_path, platform), choose_encoders(clip, encoders))
    assert str(refused.value) == (
        f"RUSHES_MODELS__IMAGE_TEXT is {clip.image_text} (float32 weights, SHA-256 abababab), but the index was filled "
        "with conse-efficientnet-lite2 (int8 weights, float32 arithmetic, SHA-256 c758f668): "
        "set it back, or run `rushes reindex`"
    )
    assert await platform.index.collections() == before


async def test_a_second_collection_is_made_where_it_is_meant_and_starts_once_the_alias_means_it(
    platform: Platform, clip: ModelSettings, tmp_path: Path
) -> None:
    """As `rushes reindex` does."""
    models, other = choose_encoders(clip, encoders), platform_with(clip, tmp_path, platform)
    ours = fingerprint(clip, models)
    await make_scenes(other.index, other.blobs, ours, scenes_spec(models))
    assert len(await platform.index.collections()) == 2
    with pytest.raises(WrongModels):
        await ensure_scenes(other, models)
    await other.index.point_alias(SCENES_ALIAS, ours.collection)
    assert await ensure_scenes(other, models) == ours.collection
    with pytest.raises(WrongModels, match=r"IMAGE_TEXT is conse-.* but the index was filled with onnx-clip:"):
        await ensure_scenes(platform, choose_encoders(CONSE, encoders))


async def test_a_model_that_changed_under_its_name_is_another(clip: ModelSettings, tmp_path: Path) -> None:
    installed = platform_with(clip, tmp_path)
    await ensure_scenes(installed, choose_encoders(clip, encoders))
    manifest = tmp_path / "clip" / MANIFEST
    manifest.write_text(manifest.read_text().replace('"fp32"', '"int8"'))
    with pytest.raises(WrongModels, match=r"\(int8 weights, .* was filled with onnx-clip:.* \(float32 weights, "):
        await ensure_scenes(installed, choose_encoders(clip, encoders))
    await installed.index.close()


async def test_a_model_that_only_moved_is_the_same(clip: ModelSettings, tmp_path: Path) -> None:
    installed = platform_with(clip, tmp_path)
    before = await ensure_scenes(installed, choose_encoders(clip, encoders))
    (tmp_path / "clip").rename(tmp_path / "moved")
    moved = ModelSettings(image_text=f"onnx-clip:{tmp_path / 'moved'}")
    assert await ensure_scenes(platform_with(moved, tmp_path, installed), choose_encoders(moved, encoders)) == before
    await installed.index.close()


async def test_what_the_sentence_says_of_other_differences(platform: Platform) -> None:
    ours = fingerprint(CONSE, choose_encoders(CONSE, encoders))

    async def said(**changed: object) -> str:
        with pytest.raises(WrongModels) as refused:
            await require_same_models(
                platform.index, platform.blobs, MadeWith.model_validate(ours.model_dump() | changed)
            )
        return str(refused.value)

    text = await said(text="e5", speech={"precision": "float32 weights", "weights_sha256": "12" * 32})
    assert text.startswith("RUSHES_MODELS__TEXT is e5 (float32 weights, SHA-256 12121212), but the index was filled ")
    assert "RUSHES_MODELS__IMAGE_TEXT" not in text
    words = await said(lexical="bm25-v2")
    assert f"words of {ours.lexical}, this is bm25-v2: run `rushes reindex`" in words
    await platform.blobs.delete(f"collections/{ours.collection}.json")
    unknown = await said(lexical="bm25-v2")
    assert unknown.startswith(f"the index holds {ours.collection}, of other models than RUSHES_MODELS__IMAGE_TEXT")


async def test_the_query_does_not_start_on_another_models_index(
    platform: Platform, clip: ModelSettings, tmp_path: Path
) -> None:
    images, texts = choose_encoders(clip, encoders)
    service = build(platform_with(clip, tmp_path, platform), QuerySettings(), texts, images)
    checked = service.lifespans[2]
    with pytest.raises(WrongModels, match="rushes reindex"):
        await checked.__aenter__()


async def test_the_query_follows_where_the_index_is_swapped_for_another_models(
    platform: Platform, clip: ModelSettings, tmp_path: Path
) -> None:
    images, texts = choose_encoders(CONSE, encoders)
    service = build(platform, QuerySettings(), texts, images)
    transport = httpx.ASGITransport(app=make_app("query", [service], Metrics()))
    async with service.lifespans[0], httpx.AsyncClient(transport=transport, base_url="http://rushes.localhost") as http:
        assert (await http.get("/readyz")).json()["checks"]["model"] == "ok"
        models, other = choose_encoders(clip, encoders), platform_with(clip, tmp_path, platform)
        await make_scenes(other.index, other.blobs, fingerprint(clip, models), scenes_spec(models))
        await other.index.point_alias(SCENES_ALIAS, fingerprint(clip, models).collection)
        assert (await http.get("/v1/search", params={"q": "red"})).json()["moments"] == []
        assert (await http.get("/readyz")).json()["checks"]["model"] == "ok"


@pytest.mark.parametrize("name", ["onnx-clip:/no/such/folder", "open-clip:ViT-B-32", "clip"])
async def test_a_model_that_is_not_there_is_a_wrong_setting(name: str, platform: Platform, tmp_path: Path) -> None:
    wrong = ModelSettings(image_text=name)
    with pytest.raises(ConfigurationError, match=r"holds no exported model|is not like open-clip:|there are: conse"):
        await ensure_scenes(platform_with(wrong, tmp_path, platform), choose_encoders(wrong, encoders))


async def test_embed_and_catalog_do_not_start_on_another_models_index(
    platform: Platform, clip: ModelSettings, tmp_path: Path
) -> None:
    other = platform_with(clip, tmp_path, platform)
    for service in (embed.build(other, EmbedSettings()), catalog.build(other, CatalogSettings())):
        with pytest.raises(WrongModels, match="rushes reindex"):
            await service.lifespans[0].__aenter__()


@pytest.mark.parametrize("command", [["run", "query"], ["doctor"]])
async def test_a_service_and_the_doctor_say_it_in_one_line(
    command: list[str], platform: Platform, clip: ModelSettings, tmp_path: Path
) -> None:
    await platform.index.close()
    settings = {
        "RUSHES_MODELS__IMAGE_TEXT": clip.image_text,
        "RUSHES_QDRANT__URL": f"edge://{tmp_path / 'index'}",
        "RUSHES_BLOBS__URL": platform.blobs.url,
        "RUSHES_URL": "http://127.0.0.1:9",
        "RUSHES_HTTP__GRPC_PORT": "0",
    }
    ports = ["--port", "0"] if command[0] == "run" else ["--json"]
    program = [sys.executable, "-m", "rushes_cli.main", *command, *ports]
    ran = await asyncio.to_thread(
        subprocess.run, program, env=os.environ | settings, cwd=tmp_path, capture_output=True, text=True, timeout=50
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr + ran.stdout
    if command == ["doctor"]:
        [said] = [finding["says"] for finding in json.loads(ran.stdout) if finding["check"] == "collection"]
    else:
        [said] = [line for line in ran.stderr.splitlines() if not line.startswith("{")]
    assert f"RUSHES_MODELS__IMAGE_TEXT is {clip.image_text}" in said
    assert said.endswith("set it back, or run `rushes reindex`")
