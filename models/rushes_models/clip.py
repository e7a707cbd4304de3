"""The image-text port over any CLIP model: what torch and ONNX have in common."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from rushes_models.lazy import Lazy
from rushes_models.pictures import require_rgb
from rushes_models.ports import Image, ModelRecipe, Vectors

T = TypeVar("T")


class ClipModel(Protocol):
    """A model whose files have been found, of which nothing is loaded yet.

    What the two methods return takes one batch (n >= 1) to vectors of shape (n, dimensions), of any length, and is
    safe to share between threads. Loading raises `WeightsError`.
    """

    @property
    def recipe(self) -> ModelRecipe: ...

    def load_pictures(self) -> Callable[[Sequence[Image]], Vectors]: ...

    def load_queries(self) -> Callable[[Sequence[str]], Vectors]: ...


class Clip:
    """An `ImageTextEncoder`, in batches."""

    def __init__(self, find: Callable[[], ClipModel], batch: int) -> None:
        """`find` raises `WeightsError` if the model is not there; `batch` is the most that is computed at once."""
        if batch < 1:
            raise ValueError(f"a batch holds at least one picture, not {batch}")
        self._batch = batch
        self._model = Lazy(find)
        self._pictures = Lazy(lambda: self._model.get().load_pictures())
        self._queries = Lazy(lambda: self._model.get().load_queries())

    @property
    def recipe(self) -> ModelRecipe:
        """See `ImageTextEncoder`. Hashes the weights when first asked; raises `WeightsError`."""
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
        """See `ImageTextEncoder`. The query is encoded as it is, in no template."""
        return self._encode(self._queries, texts)

    def warm(self) -> None:
        """See `ImageTextEncoder`."""
        self._pictures.get()
        self._queries.get()

    def _encode(self, half: Lazy[Callable[[Sequence[T]], Vectors]], items: Sequence[T]) -> Vectors:
        if not items:
            return np.empty((0, self.dimensions), np.float32)
        encode = half.get()
        starts = range(0, len(items), self._batch)
        return _unit(np.concatenate([encode(items[start : start + self._batch]) for start in starts]))


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
