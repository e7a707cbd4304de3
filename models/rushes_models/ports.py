"""The interfaces of the encoders. Each adapter in this package implements one of them with one third-party library."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (n, d), one row per input, every row of Euclidean length 1."""

Image = NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""


@dataclass(frozen=True)
class ModelRecipe:
    """What makes one model's vectors incomparable with another's: part of every artefact's name.

    `precision` says how the weights are stored and computed with, since that changes the vectors too.
    """

    name: str
    weights_sha256: str
    precision: str
    dimensions: int

    def as_dict(self) -> dict[str, str | int]:
        """The recipe as plain JSON values, for hashing and for payloads."""
        return asdict(self)


class TextEncoder(Protocol):
    """Encodes texts. Cheap to construct, safe to share between threads."""

    @property
    def recipe(self) -> ModelRecipe: ...

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text; shape (0, dimensions) for no texts.

        Blocks on the CPU. Loads the model on the first call; raises `WeightsError` if that fails.
        """
        ...

    def warm(self) -> None:
        """Load the model now, so that the first call is as fast as the second."""
        ...


class ImageTextEncoder(Protocol):
    """Encodes pictures and queries into one space, where a picture's score is its dot product with the query.

    Cheap to construct, safe to share between threads. The two halves load separately: a process that only
    calls `encode_queries` never loads the picture half.
    """

    @property
    def recipe(self) -> ModelRecipe: ...

    @property
    def dimensions(self) -> int: ...

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """Return one unit vector per picture, of any sizes; shape (0, dimensions) for no pictures.

        Blocks on the CPU. Raises `ValueError` for an array that is not an RGB picture, `WeightsError` if the
        model can't be loaded.
        """
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per query; shape (0, dimensions) for none. Blocks; may raise `WeightsError`."""
        ...

    def warm(self) -> None:
        """Load both halves now."""
        ...


def require_rgb(image: Image) -> None:
    """Raise `ValueError` if `image` is not a non-empty uint8 array of shape (height, width, 3)."""
    # A float picture in 0..1 or a grey one would be encoded without an error, to a vector that finds nothing.
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"expected a (height, width, 3) uint8 RGB picture, got {image.shape} {image.dtype}")
