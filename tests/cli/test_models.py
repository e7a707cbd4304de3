"""`rushes models`: what is here, what is not and why, and how fast it is."""

import json
import sys
from pathlib import Path

import pytest
from tests.models.exported import rewrite_file, write_model

from rushes_models import measurements
from rushes_models.onnx_clip import VISUAL

from .conftest import Rushes


@pytest.fixture(autouse=True)
def short_and_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings file, no cache of the machine's, and small pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(measurements, "FRAME", (8, 8))


@pytest.fixture
def clip(tmp_path: Path) -> str:
    """A model that was exported."""
    write_model(tmp_path / "clip")
    return f"onnx-clip:{tmp_path / 'clip'}"


def test_the_list_has_the_models_of_rushes_and_of_the_settings_and_where_it_looked(
    rushes: Rushes, clip: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUSHES_MODELS__IMAGE_TEXT", clip)
    said = rushes("models", "list", "--json")
    answer = json.loads(said.out)
    models = {model["name"]: model for model in answer["models"]}
    assert {name: model["set"] for name, model in models.items()} == {
        "conse-efficientnet-lite2": False,
        "use-multilingual-v3": True,
        clip: True,
    }
    assert all(model["here"] and model["bytes"] > 0 and model["weights_sha256"] for model in models.values())
    assert models[clip]["dimensions"] == 3
    assert str(tmp_path / "hub") in answer["looked_in"]
    assert said.code == 0
    for_people = rushes("models", "list").out
    assert f"*  {clip}" in for_people
    assert f"looked for in {tmp_path / 'hub'} and " in for_people


def test_a_model_of_the_settings_that_is_not_here_is_listed_and_its_check_fails(
    rushes: Rushes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUSHES_MODELS__IMAGE_TEXT", f"onnx-clip:{tmp_path / 'nowhere'}")
    said = rushes("models", "list")
    assert said.code == 0
    assert said.err.count("\n") == 1 and "holds no exported model" in said.err
    said = rushes("models", "check")
    assert said.code == 1
    assert said.err.count("\n") == 1 and "write one with `rushes models export`" in said.err


def test_a_setting_that_names_no_model_is_said_to_be_wrong(rushes: Rushes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSHES_MODELS__IMAGE_TEXT", "clip")
    said = rushes("models", "list")
    assert said.code == 1
    assert said.err.startswith("RUSHES_MODELS__IMAGE_TEXT or") and "onnx-clip:<folder>" in said.err


def test_a_check_measures(rushes: Rushes, clip: str) -> None:
    said = rushes("models", "check", clip, "use-multilingual-v3", "--batch", "2", "--json")
    assert said.code == 0
    pictures, texts = json.loads(said.out)
    assert pictures["pictures_per_s"] > 0 and pictures["queries_per_s"] > 0 and pictures["load_s"] > 0
    assert texts["pictures_per_s"] is None and texts["queries_per_s"] > 0


def test_a_model_that_breaks_when_it_is_loaded_fails_the_check(rushes: Rushes, clip: str) -> None:
    """Its files are those that were exported, so that it looks well until then."""
    rewrite_file(Path(clip.partition(":")[2]), VISUAL, b"no graph")
    said = rushes("models", "check", clip)
    assert said.code == 1
    assert "onnxruntime can't load" in said.err


@pytest.mark.parametrize(
    "arguments", [("check", "clip"), ("export", "conse-efficientnet-lite2", "new"), ("export", "open-clip:ViT", "new")]
)
def test_what_is_no_models_name_is_wrong_use(arguments: tuple[str, ...], rushes: Rushes) -> None:
    said = rushes("models", *arguments)
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert not Path("new").exists()


def test_without_the_extra_an_export_says_what_to_install(rushes: Rushes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)
    said = rushes("models", "export", "open-clip:ViT-B-32:openai", "new")
    assert said.code == 1
    assert "pip install 'rushes-models[open-clip]'" in said.err and said.err.count("\n") == 1
    assert not Path("new").exists()
