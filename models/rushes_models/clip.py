"""What all CLIP models have in common, in torch or exported to ONNX: recipe, preparation of pictures, batches."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from rushes_models.ports import Image, ModelRecipe, Vectors, require_rgb
from rushes_models.weights import Lazy, WeightsError

T = TypeVar("T")

Exported = Literal["fp32", "int8"]
"""How an exported model stores its weights and computes."""

Precision = Literal[Exported, "bf16"]

# These texts and the preprocessing's JSON are hashed into recipes: a change makes every stored vector obsolete.
_PRECISION_TEXT: dict[Precision, str] = {
    "fp32": "float32 weights",
    "int8": "int8 weights, int8 matrix products",
    "bf16": "float32 weights, bfloat16 matrix products",
}

_INTERPOLATIONS = ("bicubic", "bilinear")
_RESIZE_MODES = ("shortest", "longest", "squash")


@dataclass(frozen=True)
class Preprocess:
    """How a picture becomes the network's input, with open_clip's names and defaults.

    `side`: pixels; the input is square in every architecture of open_clip. `mean` and `std`: per channel, of values
    0 to 1. `resize_mode`: `shortest` crops the centre, `longest` pads with `fill_color`, `squash` distorts.
    """

    side: int
    mean: tuple[float, ...] = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[float, ...] = (0.26862954, 0.26130258, 0.27577711)
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    resize_mode: Literal["shortest", "longest", "squash"] = "shortest"
    fill_color: int = 0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Preprocess":
        """Read open_clip's preprocessing settings, or the output of `asdict`; missing keys get open_clip's default.

        Raises `WeightsError` if the settings do not prepare three channels as a square.
        """
        # open_clip has one number, or height and width.
        side = settings.get("side", settings.get("size"))
        sides = {side} if isinstance(side, int) else set(side or ())
        values = {name: _plain(settings[name]) for name in cls.__dataclass_fields__ if settings.get(name) is not None}
        made = cls(**{**values, "side": sides.pop() if len(sides) == 1 else 0})
        good = made.side > 0 and len(made.mean) == len(made.std) == 3 and 0 not in made.std
        if not good or made.interpolation not in _INTERPOLATIONS or made.resize_mode not in _RESIZE_MODES:
            raise WeightsError(f"pictures can't be prepared as {dict(settings)}")
        return made


def clip_recipe(
    architecture: str, weights_sha256: str, precision: Precision, dimensions: int, preprocess: Preprocess
) -> ModelRecipe:
    """Return the recipe of a CLIP model, in torch or exported.

    Both have the same recipe at the same precision, and so do float32 on a CPU and float16 products on a GPU, since
    their vectors agree to a cosine of .999: scenes may be embedded on a GPU and queries on a CPU. bfloat16 has fewer
    digits (cosine .997 at worst) and a recipe of its own; so has every other way to prepare the pictures.
    """
    prepared = json.dumps(asdict(preprocess), sort_keys=True)
    pictures = hashlib.sha256(prepared.encode()).hexdigest()[:8]
    name = f"open-clip:{architecture}/pictures-{pictures}"
    return ModelRecipe(name, weights_sha256, _PRECISION_TEXT[precision], dimensions)


def load_to_batch(how: Preprocess) -> Callable[[Sequence[Image]], NDArray[np.float32]]:
    """Import Pillow now, so that the first picture does not wait for it, and return `to_batch` with these settings."""
    import_module("PIL.Image")
    return partial(to_batch, how=how)


def to_batch(images: Sequence[Image], how: Preprocess) -> NDArray[np.float32]:
    """Shape (n, 3, side, side), for n >= 1 RGB pictures. Bit for bit what open_clip computes, without torch."""
    return np.stack([to_input(image, how) for image in images])


def to_input(image: Image, how: Preprocess) -> NDArray[np.float32]:
    """Shape (3, side, side): scaled to 0..1, minus the mean, divided by the standard deviation."""
    scaled = to_square(image, how).astype(np.float32) / np.float32(255)
    normal = (scaled - np.asarray(how.mean, np.float32)) / np.asarray(how.std, np.float32)
    return np.asarray(normal.transpose(2, 0, 1), np.float32)


def to_square(image: Image, how: Preprocess) -> Image:
    """Shape (side, side, 3), resized by Pillow, whose filters widen when they shrink (OpenCV's do not)."""
    from PIL import Image as Pillow  # noqa: PLC0415  # so that a process that only encodes queries does not load it

    filters = {"bicubic": Pillow.Resampling.BICUBIC, "bilinear": Pillow.Resampling.BILINEAR}
    height, width = _resized(image.shape[0], image.shape[1], how)
    picture = Pillow.fromarray(image).resize((width, height), filters[how.interpolation])
    resized = np.asarray(picture, np.uint8)
    return _padded(resized, how) if how.resize_mode == "longest" else _cropped(resized, how.side)


class ClipModel(Protocol):
    """A model whose files were found and of which nothing is loaded yet.

    The functions that the two methods return map one batch (n >= 1) to vectors of shape (n, dimensions), of any
    length, and are safe to share between threads. Loading raises `WeightsError`.
    """

    @property
    def recipe(self) -> ModelRecipe: ...

    def load_pictures(self) -> Callable[[Sequence[Image]], Vectors]: ...

    def load_queries(self) -> Callable[[Sequence[str]], Vectors]: ...


class Clip:
    """An `ImageTextEncoder` that encodes in batches."""

    def __init__(self, find: Callable[[], ClipModel], batch: int) -> None:
        """`find` raises `WeightsError` if the model is missing; at most `batch` inputs are computed at once."""
        if batch < 1:
            raise ValueError(f"a batch holds at least one picture, not {batch}")
        self._batch = batch
        self._model = Lazy(find)
        # Two Lazy halves: a query process never pays for the picture half, nor the embed process for the text half.
        self._pictures = Lazy(lambda: self._model.get().load_pictures())
        self._queries = Lazy(lambda: self._model.get().load_queries())

    @property
    def recipe(self) -> ModelRecipe:
        """See `ImageTextEncoder`. Hashes the weights on the first call; raises `WeightsError`."""
        return self._model.get().recipe

    @property
    def dimensions(self) -> int:
        """See `ImageTextEncoder`. Raises as `recipe` does."""
        return self.recipe.dimensions

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """See `ImageTextEncoder`."""
        for image in images:
            require_rgb(image)
        return self._encode(self._pictures, images)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `ImageTextEncoder`. The query is encoded as it is, without a template."""
        return self._encode(self._queries, texts)

    def warm(self) -> None:
        """See `ImageTextEncoder`."""
        self._pictures.get()
        self._queries.get()

    def _encode(self, half: Lazy[Callable[[Sequence[T]], Vectors]], items: Sequence[T]) -> Vectors:
        if not items:
            return np.empty((0, self.dimensions), np.float32)
        encode = half.get()
        # Normalised here, so that torch and ONNX do it in the same way.
        starts = range(0, len(items), self._batch)
        return _unit(np.concatenate([encode(items[start : start + self._batch]) for start in starts]))


def _plain(value: Any) -> Any:
    # JSON has lists and integers; tuples of floats make the recipe's hash the same from every source.
    return tuple(float(each) for each in value) if isinstance(value, (list, tuple)) else value


def _resized(height: int, width: int, how: Preprocess) -> tuple[int, int]:
    """Height and width before cropping or padding."""
    side = how.side
    if how.resize_mode == "squash":
        return side, side
    if how.resize_mode == "longest":
        ratio = max(height, width) / side
        return max(1, round(height / ratio)), max(1, round(width / ratio))
    # open_clip rounds down here and to the nearest above; one pixel more would change every vector.
    return (int(side * height / width), side) if width <= height else (side, int(side * width / height))


def _cropped(image: Image, side: int) -> Image:
    """The central square of a picture that is at least as large."""
    top, left = (round((length - side) / 2) for length in image.shape[:2])
    return image[top : top + side, left : left + side]


def _padded(image: Image, how: Preprocess) -> Image:
    """The picture in the middle of a square that is at least as large."""
    square = np.full((how.side, how.side, 3), how.fill_color, np.uint8)
    top, left = ((how.side - length) // 2 for length in image.shape[:2])
    square[top : top + image.shape[0], left : left + image.shape[1]] = image
    return square


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
