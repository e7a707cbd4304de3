"""The words of a transcript as text: paragraphs, and the search for a phrase. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rushes_schemas.events import Word
from rushes_schemas.words import text_of

PARAGRAPH_MS = 2000
"""A silence of this length ends a paragraph."""


class Paragraphs:
    """Streams words into text: one paragraph per line, cut at long silences."""

    def __init__(self) -> None:
        self._last: Word | None = None

    def take(self, words: Iterable[Word]) -> str:
        """Return the text of these words, to append to the text so far."""
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
    """Return the text of a complete transcript."""
    return Paragraphs().take(words)


AROUND = 6
"""How many words a match has before and after the phrase."""


@dataclass(frozen=True)
class PhraseMatch:
    """Where the phrase was found, [start_ms, end_ms), with the words around it."""

    start_ms: int
    end_ms: int
    text: str


def find(words: Sequence[Word], phrase: str) -> Iterator[PhraseMatch]:
    """Yield every place where the phrase is said, in order and without overlap.

    Case, accents, punctuation and the width of characters make no difference. In languages that are written without
    spaces a phrase may begin and end anywhere.
    """
    wanted = " ".join(filter(None, map(folded, phrase.split())))
    text, places = _laid_out(words)
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        first, last = places[at], places[at + len(wanted) - 1]
        around = words[max(0, first - AROUND) : last + 1 + AROUND]
        yield PhraseMatch(words[first].start_ms, words[last].end_ms, text_of(around))
        # After the match: matches don't overlap.
        at = text.find(wanted, at + len(wanted))


def folded(text: str) -> str:
    """Return the letters and digits only, folded as `find` compares them."""
    # NFKD separates accents from letters, and folds full-width and half-width characters.
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = (char for char in decomposed if unicodedata.category(char)[0] not in "MPZCS" or char in SPOKEN_MARKS)
    return unicodedata.normalize("NFC", "".join(kept))


SPOKEN_MARKS = "\u3099\u309a"
"""Combining marks that make another letter: the voiced sounds of Japanese kana."""


def _laid_out(words: Sequence[Word]) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the index of its word."""
    parts: list[str] = []
    places: list[int] = []
    for number, word in enumerate(words):
        part = folded(word.text)
        if part and parts and not word.joined:
            part = f" {part}"
        parts.append(part)
        places += [number] * len(part)
    return "".join(parts), places
