"""Words as one reads them. Pure."""

from collections.abc import Iterable

from rushes_schemas.events import Word

PARAGRAPH_MS = 2000
"""A silence that ends a paragraph."""


class Paragraphs:
    """Words, as they become known, as text: one paragraph a line, cut at long silences."""

    def __init__(self) -> None:
        self._last: Word | None = None

    def take(self, words: Iterable[Word]) -> str:
        """The text of these words, to stand behind that of the words before."""
        parts: list[str] = []
        for word in words:
            if text := word.text.strip():
                parts += [self._before(word), text]
                self._last = word
        return "".join(parts)

    def _before(self, word: Word) -> str:
        if self._last is None:
            return ""
        if word.start_ms - self._last.end_ms >= PARAGRAPH_MS:
            return "\n"
        return "" if word.joined else " "


def paragraphs(words: Iterable[Word]) -> str:
    """The text of words that are all known."""
    return Paragraphs().take(words)
