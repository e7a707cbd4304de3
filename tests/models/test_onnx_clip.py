"""An exported model is run from its folder alone, and only if the folder is what it says."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models.exported import rewrite, rewrite_file, write_model

from rushes_models.onnx_clip import TEXT, TOKENIZER, VISUAL, clean
from rushes_models.ports import Image, ImageTextEncoder
from rushes_models.registry import image_text_encoder, look
from rushes_models.weights import WeightsError

RED = np.full((20, 30, 3), (255, 0, 0), np.uint8)
VIOLET = np.full((9, 5, 3), (255, 0, 255), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path / "model")
    return tmp_path / "model"


def encoder_of(folder: Path, batch: int = 2) -> ImageTextEncoder:
    return image_text_encoder(f"onnx-clip:{folder}", 1, batch=batch)


def test_pictures_become_unit_vectors_in_any_batches(folder: Path) -> None:
    pictures: list[Image] = [RED, VIOLET, RED]
    half = np.sqrt(0.5)
    for batch in (1, 2, 8):
        vectors = encoder_of(folder, batch).encode_images(pictures)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, [[1, 0, 0], [half, 0, half], [1, 0, 0]], atol=1e-6)


def test_queries_become_unit_vectors(folder: Path) -> None:
    vectors = encoder_of(folder).encode_queries(["RED", "  blue\tred ", "red &amp;amp; green and more"])
    expected = np.array([[1, 0, 0], [3, 1, 0], [1, 4, 2]], np.float32)
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)


def test_nothing_in_nothing_out(folder: Path) -> None:
    encoder = encoder_of(folder)
    assert encoder.encode_images([]).shape == encoder.encode_queries([]).shape == (0, 3)


def test_refuses_what_is_no_rgb_picture_before_it_loads(folder: Path) -> None:
    (folder / VISUAL).unlink()
    with pytest.raises(ValueError, match="RGB picture"):
        encoder_of(folder).encode_images([np.zeros((4, 4), np.uint8)])


def test_the_recipe_names_architecture_weights_and_precision(folder: Path) -> None:
    recipe = encoder_of(folder).recipe
    assert recipe.name.startswith("open-clip:by-hand/pictures-")
    assert (recipe.weights_sha256, recipe.precision, recipe.dimensions) == ("ab" * 32, "float32 weights", 3)


@pytest.mark.parametrize("change", [{"precision": "int8"}, {"architecture": "other"}, {"weights_sha256": "cd" * 32}])
def test_another_model_has_another_recipe(change: dict[str, Any], folder: Path) -> None:
    before = encoder_of(folder).recipe
    rewrite(folder, lambda said: said.update(change))
    assert encoder_of(folder).recipe != before


def test_other_preparation_of_pictures_has_another_recipe(folder: Path) -> None:
    before = encoder_of(folder).recipe
    rewrite(folder, lambda said: said["preprocess"].update(resize_mode="squash"))
    assert encoder_of(folder).recipe != before


def test_queries_do_not_need_the_picture_half(folder: Path) -> None:
    (folder / VISUAL).write_bytes(b"something else")
    encoder = encoder_of(folder)
    assert encoder.encode_queries(["red"]).shape == (1, 3)
    with pytest.raises(WeightsError, match=r"visual\.onnx has SHA-256"):
        encoder.warm()


@pytest.mark.parametrize("name", [TEXT, TOKENIZER])
def test_refuses_files_that_do_not_match(name: str, folder: Path) -> None:
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    with pytest.raises(WeightsError, match=f"{name} has SHA-256"):
        encoder_of(folder).encode_queries(["red"])


def test_refuses_a_tokenizer_that_is_none(folder: Path) -> None:
    rewrite_file(folder, TOKENIZER, b"{}")
    with pytest.raises(WeightsError, match="not a tokenizer's file"):
        encoder_of(folder).encode_queries(["red"])


def test_refuses_a_graph_that_is_none(folder: Path) -> None:
    rewrite_file(folder, VISUAL, b"no graph")
    with pytest.raises(WeightsError, match="onnxruntime can't load"):
        encoder_of(folder).encode_images([RED])


def test_refuses_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="rushes models export"):
        _ = encoder_of(tmp_path).recipe


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda said: said.update(format=2), "not of format 1"),
        (lambda said: said.pop("dimensions"), "not what this release writes"),
        (lambda said: said.update(precision="int3"), "no precision of an export"),
        (lambda said: said.update(precision="bf16"), "no precision of an export"),
        (lambda said: said["preprocess"].update(side=0), "can't be prepared"),
        (lambda said: said["files"].update({"../elsewhere.onnx": "00"}), "files elsewhere"),
        (lambda said: said["files"].clear(), r"does not name text\.onnx|does not name tokenizer\.json"),
    ],
    ids=["format", "no dimensions", "precision", "torch's precision", "no side", "outside", "no files"],
)
def test_refuses_a_manifest_it_does_not_understand(
    change: Callable[[dict[str, dict[str, object]]], object], said: str, folder: Path
) -> None:
    rewrite(folder, change)
    with pytest.raises(WeightsError, match=said):
        encoder_of(folder).encode_queries(["red"])


def test_says_what_is_there(folder: Path) -> None:
    found = look(f"onnx-clip:{folder}")
    assert found.there
    assert (found.dimensions, found.weights_sha256) == (3, "ab" * 32)
    whole = found.size
    assert whole == sum(file.stat().st_size for file in folder.iterdir())
    text = (folder / TEXT).stat().st_size
    (folder / TEXT).unlink()
    broken = look(f"onnx-clip:{folder}")
    assert not broken.there
    assert TEXT in str(broken.problem)
    assert broken.size == whole - text


def test_neither_construction_nor_the_recipe_loads_a_library(folder: Path) -> None:
    program = """
import sys
from rushes_models.registry import image_text_encoder
encoder = image_text_encoder(sys.argv[1], 1)
assert encoder.dimensions == 3
assert not {"onnxruntime", "tokenizers", "PIL", "torch", "open_clip"} & set(sys.modules), "loaded too early"
"""
    subprocess.run([sys.executable, "-c", program, f"onnx-clip:{folder}"], check=True, timeout=60)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  A  Cat\n on\ta sofa ", "a cat on a sofa"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("It\u2019s \u201cfine\u201d", 'it\'s "fine"'),
        ("rock &amp;amp; roll", "rock & roll"),
        ("schÃ¶n", "schön"),
        ("ＲＥＤ", "red"),
        ("고양이\u3000두 마리", "고양이 두 마리"),
        ("", ""),
    ],
)
def test_cleaned_as_open_clip_does(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
