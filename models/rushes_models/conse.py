"""The image-text port by ConSE: a classifier's guesses, placed in a space of sentences.

Norouzi et al., "Zero-Shot Learning by Convex Combination of Semantic Embeddings", ICLR 2014. The classifier is
EfficientNet-Lite2 over the 1,000 classes of ImageNet, the space that of USE multilingual v3. `scripts/build_conse.py`
makes the data files; the README tells how well it works. It differs from the paper in three things,
which together raise the top hits of 42 held-out queries from 21 to 27:

- The direction that all classes share ("a photo of a ...") is projected out of classes and queries alike.
- A class's vector is averaged with that of its kind: "Egyptian Mau" alone is not found by "cat".
- The paper's vector, the sum over the 20 likeliest classes of probability times class vector, is short when the
  guesses disagree. Normalising would hide that, so a picture's score is scaled by a root of that length: the rest
  of its unit length goes into the shared direction, where no query has any.
"""

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rushes_models.lazy import Lazy
from rushes_models.ports import Image, ModelRecipe, TextEncoder, Vectors
from rushes_models.weights import PinnedFile

if TYPE_CHECKING:
    from rushes_models.conse_image import ImageTower

NAME = "conse-efficientnet-lite2"
DIMENSIONS = 512
QUERY_TEMPLATE = "a photo of a {}"

_DATA = Path(__file__).parent / "data"
MODEL = PinnedFile(
    _DATA / "conse-efficientnet-lite2-use3.onnx",
    "c758f6682c1972a5f8365c3fb3d264524f29158fc6fda281a11a1b812e23d6d1",
)
SHARED_DIRECTION = PinnedFile(
    _DATA / "conse-efficientnet-lite2-use3.shared-direction.npy",
    "c85700d20345d9ce5b3458d53a16d45aff8e5160aba026926644f140a471f149",
)


class Conse:
    """Pictures and queries in 512 dimensions, without torch, in the sixteen languages of the text encoder."""

    recipe = ModelRecipe(NAME, MODEL.sha256, "int8 weights, float32 arithmetic", DIMENSIONS)
    dimensions = DIMENSIONS

    def __init__(
        self,
        text: TextEncoder,
        threads: int,
        *,
        model: PinnedFile = MODEL,
        shared_direction: PinnedFile = SHARED_DIRECTION,
    ) -> None:
        """`text` must be the encoder that the class vectors were made with; `threads` are the picture half's."""
        self._text = text
        self._tower = Lazy(partial(_load_tower, model, threads))
        self._shared = Lazy(partial(_load_direction, shared_direction))

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """See `ImageTextEncoder`."""
        if not images:
            return np.empty((0, DIMENSIONS), np.float32)
        return self._tower.get().encode(images)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `ImageTextEncoder`. The query goes into `QUERY_TEMPLATE`, whatever its language.

        Measured with 210 queries in 7 languages: the English template around "고양이" or around a whole sentence
        is no worse than the bare words in any language (top hit right .676 and .671), and right hits stand out from
        absent things as clearly, so there is one template for all. On 42 held-out queries: .64 and .60.
        """
        vectors = self._text.encode([QUERY_TEMPLATE.format(text) for text in texts])
        return _unit(_without(vectors, self._shared.get()))

    def warm(self) -> None:
        """See `ImageTextEncoder`."""
        self._text.warm()
        self._shared.get()
        self._tower.get()


def _load_tower(model: PinnedFile, threads: int) -> "ImageTower":
    from rushes_models.conse_image import ImageTower  # noqa: PLC0415  # so that queries never load onnxruntime

    return ImageTower(model, threads)


def _load_direction(file: PinnedFile) -> Vectors:
    """The unit vector, shape (512,), that the vectors of all classes share."""
    return np.asarray(np.load(BytesIO(file.verified_bytes())), np.float32)


def _without(vectors: Vectors, direction: Vectors) -> Vectors:
    """`vectors` less their part along the unit vector `direction`."""
    return vectors - np.outer(vectors @ direction, direction).astype(np.float32)


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
