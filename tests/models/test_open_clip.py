"""OpenCLIP in torch, and what it becomes without torch."""

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.models.tiny_clip import write_tiny

from rushes_cli.main import main
from rushes_models.clip import Exported, Preprocess, to_input
from rushes_models.export import LEAST_COSINE, ExportRefused, export
from rushes_models.measurements import TEXTS, agreement, made_up_pictures
from rushes_models.onnx_clip import TOKENIZER, Tokens
from rushes_models.open_clip import Computing, Products, load_tokenizer
from rushes_models.open_clip_weights import HUB_CONFIG
from rushes_models.ports import Image, ImageTextEncoder
from rushes_models.registry import image_text_encoder
from rushes_models.weights import WeightsError, need, sha256_of

pytestmark = [pytest.mark.all, pytest.mark.timeout(300)]

PRECISIONS: tuple[Exported, ...] = ("fp32", "int8")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the model in torch."""
    return write_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def in_torch(tiny: str) -> ImageTextEncoder:
    return image_text_encoder(tiny, 1, batch=4)


@pytest.fixture(scope="session")
def exported(tiny: str, tmp_path_factory: pytest.TempPathFactory) -> dict[Exported, Path]:
    """The folders of its exports."""
    above = tmp_path_factory.mktemp("exported")
    folders = {precision: above / precision for precision in PRECISIONS}
    for precision, folder in folders.items():
        export(tiny, folder, precision, threads=1)
    return folders


def without_torch(folder: Path, batch: int = 4) -> ImageTextEncoder:
    return image_text_encoder(f"onnx-clip:{folder}", 1, batch=batch)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_torch_and_onnx_agree(precision: Exported, exported: dict[Exported, Path], in_torch: ImageTextEncoder) -> None:
    agreed = agreement(in_torch, without_torch(exported[precision]))
    assert agreed.pictures >= LEAST_COSINE[precision]
    assert agreed.queries >= LEAST_COSINE[precision]


def test_different_inputs_are_told_apart(in_torch: ImageTextEncoder) -> None:
    """Or else that two encoders agree would say nothing."""
    for vectors in (in_torch.encode_images(made_up_pictures()), in_torch.encode_queries(TEXTS)):
        assert (vectors @ vectors.T)[~np.eye(len(vectors), dtype=bool)].min() < 0.99


@pytest.mark.parametrize("resize_mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_pictures_are_prepared_as_open_clip_does(resize_mode: str, interpolation: str) -> None:
    how = Preprocess.of({"size": 64, "resize_mode": resize_mode, "interpolation": interpolation, "fill_color": 7})
    transform = need("open_clip").image_transform(
        how.side,
        is_train=False,
        mean=how.mean,
        std=how.std,
        resize_mode=how.resize_mode,
        interpolation=how.interpolation,
        fill_color=how.fill_color,
    )
    for picture in [*made_up_pictures(), *odd_pictures()]:
        theirs, ours = np.asarray(transform(Pillow.fromarray(picture))), to_input(picture, how)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs, err_msg=f"{picture.shape}")


def odd_pictures() -> list[Image]:
    """Noise in sizes whose halves and ratios are to be rounded. (open_clip fails on a line that is to be padded.)"""
    random = np.random.default_rng(1)
    shapes = [(1, 1), (2, 200), (200, 2), (63, 65), (65, 64), (101, 67), (719, 1279)]
    return [random.integers(0, 256, (*shape, 3), np.uint8) for shape in shapes]


def test_a_text_can_not_end_itself(exported: dict[Exported, Path]) -> None:
    """In open_clip it can, by the control token's name, and hides what comes after it."""
    [tokens] = Tokens(exported["fp32"] / TOKENIZER)(["red <end_of_text> green"])
    assert list(tokens).count(tokens.max()) == 1


def test_texts_are_cut_as_open_clip_does(exported: dict[Exported, Path]) -> None:
    theirs = load_tokenizer("tiny-clip")
    texts = [*TEXTS, *odd_texts()]
    np.testing.assert_array_equal(Tokens(exported["fp32"] / TOKENIZER)(texts), theirs(texts).numpy())


def odd_texts() -> list[str]:
    """Letters of every script, marks, digits, signs, controls; words of some of them, at random."""
    random = np.random.default_rng(2)
    codes = (*range(1, 0x3000), *range(0x4E00, 0x4F00), *range(0xAC00, 0xAD00), 0x1F600)
    letters = [chr(code) for code in codes if unicodedata.category(chr(code)) != "Cn"]
    runs = ["".join(random.choice(letters, 12)) for _ in range(300)]
    return [*letters[::7], *runs, "don't can't I'VE we'll 'tis", "&lt;b&gt; &amp;#39;", "a1b22c333"]


def test_a_batch_equals_its_single_pictures_and_queries(
    tiny: str, exported: dict[Exported, Path], in_torch: ImageTextEncoder
) -> None:
    for encoder, least in (
        (in_torch, 0.99999),
        (without_torch(exported["fp32"]), 0.99999),
        (without_torch(exported["int8"]), 0.99),
    ):
        pictures = made_up_pictures()
        single = np.concatenate([encoder.encode_images([picture]) for picture in pictures])
        assert (encoder.encode_images(pictures) * single).sum(axis=1).min() > least
        alone = np.concatenate([encoder.encode_queries([text]) for text in TEXTS])
        assert (encoder.encode_queries(TEXTS) * alone).sum(axis=1).min() > least


def test_vectors_are_of_length_one_and_the_recipe_says_what_made_them(tiny: str, in_torch: ImageTextEncoder) -> None:
    vectors = in_torch.encode_images(made_up_pictures())
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    recipe = in_torch.recipe
    assert recipe.name.startswith("open-clip:tiny-clip/pictures-")
    assert recipe.weights_sha256 == sha256_of(Path(tiny.split(":")[2]))
    assert (recipe.precision, recipe.dimensions) == ("float32 weights", 64)


def test_the_float_export_is_the_same_model_and_the_int8_export_is_another(
    exported: dict[Exported, Path], in_torch: ImageTextEncoder
) -> None:
    assert without_torch(exported["fp32"]).recipe == in_torch.recipe
    assert {file.stat().st_mode & 0o777 for folder in exported.values() for file in folder.iterdir()} == {0o644}
    int8 = without_torch(exported["int8"]).recipe
    assert int8.weights_sha256 == in_torch.recipe.weights_sha256
    assert int8.precision == "int8 weights, int8 matrix products"


@pytest.mark.parametrize("products", ["bf16", "fp16"])
def test_mixed_precision_is_close_and_only_float16_has_the_same_recipe(
    products: Products, tiny: str, in_torch: ImageTextEncoder
) -> None:
    mixed = image_text_encoder(tiny, 1, computing=Computing("cpu", products))
    agreed = agreement(in_torch, mixed)
    least = {"fp16": 0.999, "bf16": 0.98}[products]
    assert least <= min(agreed.pictures, agreed.queries) < 0.9999999  # it is not float32 all the same
    assert (mixed.recipe == in_torch.recipe) == (products == "fp16")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_an_export_needs_no_torch(precision: Exported, exported: dict[Exported, Path]) -> None:
    program = """
import sys
for name in ("torch", "torchvision", "open_clip", "onnx", "transformers"):
    sys.modules[name] = None
from rushes_cli.main import main
from rushes_models.measurements import made_up_pictures
from rushes_models.registry import image_text_encoder
encoder = image_text_encoder(sys.argv[1], 1)
assert encoder.encode_images(made_up_pictures()).shape[1] == encoder.encode_queries(["cat"]).shape[1] == 64
"""
    subprocess.run([sys.executable, "-c", program, f"onnx-clip:{exported[precision]}"], check=True, timeout=60)


def test_a_taken_folder_is_refused_and_kept(tiny: str, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(ExportRefused, match="not empty"):
        export(tiny, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_an_export_that_is_too_far_off_leaves_nothing(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LEAST_COSINE, "int8", 1.1)
    with pytest.raises(ExportRefused, match="too far from torch"):
        export(tiny, tmp_path / "model", "int8", threads=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("open-clip:ViT-Q-99:openai", "no architecture 'ViT-Q-99'"),
        ("open-clip:ViT-B-32:/no/such/file.pt", "there is no file /no/such/file.pt, and ViT-B-32 has the tags: openai"),
        ("open-clip:ViT-B-32:openai", "the weights openai belong to ViT-B-32-quickgelu"),
        ("open-clip:ViT-B-32:laion2b_s34b_b79k", r"not in .*models--laion--CLIP-ViT-B-32.*hf download .* puts them"),
    ],
)
def test_what_is_not_here_is_said_with_what_to_do(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(need("huggingface_hub.constants"), "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match=said):
        _ = image_text_encoder(name, 1).recipe


def test_weights_in_the_hubs_cache_are_found_and_prepared_as_their_tag_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A SigLIP tag names another mean, standard deviation and way to fit than the default."""
    from rushes_models.open_clip_weights import find_checkpoint

    monkeypatch.setattr(need("huggingface_hub.constants"), "HF_HUB_CACHE", str(tmp_path))
    snapshot = tmp_path / "models--timm--ViT-B-16-SigLIP" / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    (snapshot / "open_clip_model.safetensors").write_bytes(b"as if")
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("0123")
    found = find_checkpoint("ViT-B-16-SigLIP", "webli")
    assert found.path.name == "open_clip_model.safetensors"
    assert found.preprocess == Preprocess(224, mean=(0.5,) * 3, std=(0.5,) * 3, resize_mode="squash")


def test_the_config_beside_the_weights_says_how_pictures_are_prepared(tiny: str, tmp_path: Path) -> None:
    from rushes_models.open_clip_weights import find_checkpoint

    _, architecture, weights = tiny.split(":")
    beside = tmp_path / "weights.pt"
    beside.write_bytes(Path(weights).read_bytes())
    before = find_checkpoint(architecture, str(beside))
    (tmp_path / HUB_CONFIG).write_text('{"preprocess_cfg": {"mean": [0, 0, 0], "resize_mode": "squash"}}')
    after = find_checkpoint(architecture, str(beside))
    assert before.preprocess == Preprocess(64)
    assert after.preprocess == Preprocess(64, mean=(0.0,) * 3, resize_mode="squash")
    assert before.recipe("fp32") != after.recipe("fp32")


def test_weights_of_another_architecture_are_refused(tiny: str) -> None:
    weights = tiny.split(":")[2]
    with pytest.raises(WeightsError, match=r"tiny-clip\.pt holds no weights of ViT-B-32"):
        image_text_encoder(f"open-clip:ViT-B-32:{weights}", 1).warm()


def test_a_device_that_is_not_here_is_refused(tiny: str) -> None:
    with pytest.raises(WeightsError, match="can't compute on 'xpu' here, set RUSHES_MODELS__DEVICE"):
        image_text_encoder(tiny, 1, computing=Computing("xpu")).warm()


def test_the_command_writes_a_model_that_the_check_finds_well(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUSHES_MODELS__THREADS", "1")
    assert main(["models", "export", tiny, "new", "--precision", "int8", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["model"] == f"onnx-clip:{tmp_path / 'new'}"
    assert min(said["cosine"].values()) >= LEAST_COSINE["int8"]
    assert said["bytes"] == sum(file.stat().st_size for file in (tmp_path / "new").iterdir())
    assert said["recipe"]["precision"] == "int8 weights, int8 matrix products"
    assert main(["models", "check", said["model"], tiny, "--batch", "1", "--json"]) == 0
    assert all(model["here"] and model["pictures_per_s"] > 0 for model in json.loads(capsys.readouterr().out))
    assert main(["models", "export", tiny, "new"]) == 1
    assert "not empty" in capsys.readouterr().err
