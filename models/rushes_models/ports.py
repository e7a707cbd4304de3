"""What rushes asks of a model. The adapters beside this file are one third-party library each."""

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

    `precision` says how the weights are stored and computed with, since that moves the vectors too.
    """

    name: str
    weights_sha256: str
    precision: str
    dimensions: int

    def as_dict(self) -> dict[str, str | int]:
        """The recipe as plain JSON values, for hashing and for payloads."""
        return asdict(self)


class TextEncoder(Protocol):
    """Texts to vectors. Cheap to construct, safe to share between threads."""

    @property
    def recipe(self) -> ModelRecipe: ...

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text; shape (0, dimensions) for no texts.

        Blocks on the CPU. Loads the model if nobody has; raises `WeightsError` if that fails.
        """
        ...

    def warm(self) -> None:
        """Load everything now, so that the first call is as fast as the second."""
        ...


class ImageTextEncoder(Protocol):
    """Pictures and queries to one space, where a picture's score is the dot product with the query.

    Cheap to construct, safe to share between threads. The two halves load separately: a process that only
    calls `encode_queries` never loads the picture half.
    """

    @property
    def recipe(self) -> ModelRecipe: ...

    @property
    def dimensions(self) -> int: ...

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """One unit vector per picture, of any sizes; shape (0, dimensions) for no pictures.

        Blocks on the CPU. Raises `ValueError` for an array that is no RGB picture, `WeightsError` if the
        model cannot be loaded.
        """
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per query; shape (0, dimensions) for none. Blocks; may raise `WeightsError`."""
        ...

    def warm(self) -> None:
        """Load both halves now."""
        ...
