"""The embed service's child, with an OpenCLIP model by setting: pictures in the blob store to vectors, and back."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from rushes_embed.worker import Embedder, SceneVectors, embed_pictures, embed_texts, load
from rushes_models.ports import Image
from rushes_models.registry import encoders
from rushes_runtime.blobs import Blobs
from rushes_runtime.compute import ComputeChild
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.settings import ModelSettings
from rushes_schemas.events import Keyframe, Scene
from rushes_schemas.ids import blob_uri

from .exported import write_model
from .tiny_clip import write_tiny


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", ["onnx", pytest.param("torch", marks=pytest.mark.all)])
async def test_the_models_of_the_settings_see_the_keyframes(
    kind: str, tmp_path: Path, photographs: dict[str, Image]
) -> None:
    models = ModelSettings(image_text=_model(kind, tmp_path), batch=2, threads=1)
    blobs = Blobs((tmp_path / "blobs").as_uri())
    scenes = [
        _scene(blobs, 0, photographs, "cat", "coffee"),
        _scene(blobs, 1, photographs, "rocket"),
        _scene(blobs, 2, {}),
    ]
    child: ComputeChild[Embedder] = ComputeChild(partial(load, blobs, models), name="embed", time_limit_s=200)
    async with child.running():
        seen: SceneVectors = await child.run(embed_pictures, scenes, models)
        said = await child.run(embed_texts, ["a cat"], models)
    images, texts = encoders(models)
    first, second, third = seen.decoded()
    here = images.encode_images([_stored(blobs, keyframe) for scene in scenes for keyframe in scene.keyframes])
    np.testing.assert_allclose(np.concatenate([first, second]), here, atol=1e-5)
    assert (len(first), len(second), len(third)) == (2, 1, 0)
    assert seen.dimensions == images.dimensions
    np.testing.assert_allclose(said, texts.encode(["a cat"]), atol=1e-5)


async def test_a_model_that_can_not_be_loaded_stops_the_service_with_a_sentence(tmp_path: Path) -> None:
    models = ModelSettings(image_text=f"onnx-clip:{tmp_path}")
    child = ComputeChild(partial(load, Blobs(tmp_path.as_uri()), models), name="embed", time_limit_s=50)
    with pytest.raises(ConfigurationError, match=r"can't be loaded: .*rushes models export"):
        async with child.running():
            pass


def _model(kind: str, folder: Path) -> str:
    if kind == "torch":
        return write_tiny(folder)
    write_model(folder / "clip")
    return f"onnx-clip:{folder / 'clip'}"


def _scene(blobs: Blobs, index: int, photographs: dict[str, Image], *names: str) -> Scene:
    keyframes = []
    for time_ms, name in enumerate(names):
        written = cv2.imencode(".jpg", cv2.cvtColor(photographs[name], cv2.COLOR_RGB2BGR))[1].tobytes()
        blobs.put_now(f"{name}.jpg", written)
        keyframes.append(Keyframe(time_ms=time_ms, uri=blob_uri(f"{name}.jpg")))
    return Scene(
        index=index, start_ms=index * 10, end_ms=index * 10 + 10, continues=False, text="", keyframes=tuple(keyframes)
    )


def _stored(blobs: Blobs, keyframe: Keyframe) -> Image:
    file = np.frombuffer(blobs.get_now(keyframe.uri.removeprefix("blob:")), np.uint8)
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR_RGB), np.uint8)
