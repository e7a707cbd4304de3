"""Words as CLIP models want them, as open_clip's own tokenizer does it, without torch.

The vocabulary, the merges, the length and the padding are in the file, which `tokenizers` reads; what open_clip does
to a text before that is here.
"""

import html
from collections.abc import Sequence
from pathlib import Path

import ftfy
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rushes_models.weights import WeightsError


def clean(text: str) -> str:
    """Mended (mojibake, curly quotes, wide letters), HTML entities resolved, one space at a time, lower case.

    Entities twice, since captions on the web are often escaped twice.
    """
    plain = html.unescape(html.unescape(ftfy.fix_text(text)))
    return " ".join(plain.split()).lower()


class Tokens:
    """Texts to token numbers. Safe to share between threads."""

    def __init__(self, file: Path) -> None:
        """Reads the `tokenizer.json` of an exported model, 0.1 s. Raises `WeightsError`."""
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises no kind of its own
            raise WeightsError(f"{file} is not a tokenizer's file: {error}") from error

    def __call__(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Shape (n, the model's context length) for n >= 1 texts; a longer text is cut."""
        encoded = self._tokenizer.encode_batch([clean(text) for text in texts])
        return np.asarray([each.ids for each in encoded], np.int64)
