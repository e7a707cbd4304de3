"""Words as one reads them. Pure."""

from collections.abc import Iterable, Sequence

from rushes_schemas.events import Word
from rushes_schemas.words import text_of

PARAGRAPH_MS = 2000
"""A silence that ends a paragraph."""


class Paragraphs:
    """Words, as they become known, as text: one paragraph a line, cut at long silences."""

    def __init__(self) -> None:
        self._last: Word | None = None

    def take(self, words: Iterable[Word]) -> str:
        """The text of these words, to stand behind that of the words before."""
        parts: list[str] = []
        run: list[Word] = []
        for word in words:
            if self._last is not None and word.start_ms - self._last.end_ms >= PARAGRAPH_MS:
                parts += [_joined(run), "\n"]
                run = []
            elif self._last is not None and not run and not word.joined:
                parts.append(" ")
            run.append(word)
            self._last = word
        return "".join([*parts, _joined(run)])


def paragraphs(words: Iterable[Word]) -> str:
    """The text of words that are all known."""
    return Paragraphs().take(words)


def _joined(words: Sequence[Word]) -> str:
    return text_of(words)
