"""Splits text into search terms, for scripts with and without spaces between words.

Korean attaches particles to its words (고양이, 고양이가), and Chinese, Japanese, Thai, Lao, Khmer and Burmese put no
space between theirs. Runs of such letters become overlapping pairs, as in Lucene's CJK analyzer: pairs need no
dictionary and match whatever surrounds the word. Other words stay whole. Of 44 queries in seven languages over 36
sentences this finds 43 (not Haus, Häuser, which stemming finds); qdrant-edge's multilingual tokenizer finds 30, and no
Korean word with a particle among them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["word", "unspaced", "gap", "mark"]

_UNSPACED = (
    "CJK UNIFIED",
    "IDEOGRAPHIC ITERATION",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
)
"""Prefixes of the Unicode names of the letters that are paired."""
_ASCII_WORD = re.compile("[A-Za-z0-9]+")
_ACCENTS = dict.fromkeys(range(0x300, 0x370))


@dataclass(frozen=True)
class Term:
    """A term, and the range [start, end) of the text that it was made from."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class _Run:
    """A maximal run of letters, marks and digits that are all paired or all whole, in Unicode's form NFKC."""

    letters: str
    is_unspaced: bool
    start: int
    end: int

    def part(self, first: int, length: int) -> Term:
        """A term of some of the letters, with its range in the text."""
        letters = self.letters[first : first + length]
        # If normalising changed the number of letters, their single ranges are unknown: give that of the whole run.
        if len(self.letters) != self.end - self.start:
            return Term(letters, self.start, self.end)
        return Term(letters, self.start + first, self.start + first + length)


def document_terms(text: str) -> str:
    """Return terms separated by spaces. Paired letters also stand alone, so that a query of one letter (猫) matches."""
    return _joined(located_terms(text))


def located_terms(text: str) -> Iterator[Term]:
    """Yield the terms of a document, each with its range."""
    # Most texts are ASCII, and the regular expression is many times as fast.
    if text.isascii():
        yield from (Term(match[0], match.start(), match.end()) for match in _ASCII_WORD.finditer(text))
        return
    for run in _runs(text):
        yield from _pairs(run)
        if run.is_unspaced and len(run.letters) > 1:
            yield from _letters(run)


def query_terms(text: str) -> str:
    """Return terms separated by spaces: pairs for runs of two letters and more, since single letters match too much."""
    return _joined(term for run in _runs(text) for term in _pairs(run))


def phrase_terms(text: str) -> list[Term]:
    """Return the terms by which phrases are compared: words without case and accents, and single letters of scripts
    without spaces, so that a phrase may begin and end anywhere among them."""
    terms = (term for run in _runs(text) for term in (_letters(run) if run.is_unspaced else _pairs(run)))
    return [Term(_folded(term.text), term.start, term.end) for term in terms]


def _joined(terms: Iterable[Term]) -> str:
    return " ".join(term.text for term in terms)


def _folded(word: str) -> str:
    # NFD splits accents from their letters, so that they can be removed; NFC joins what is left, such as Hangul.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", word.casefold()).translate(_ACCENTS))


def _runs(text: str) -> Iterator[_Run]:
    # The text begins as if after a space: no run is open.
    start, running = 0, _kind(" ")
    for place, letter in enumerate(text):
        kind = _kind(letter)
        if kind == "mark":
            kind = running if running != "gap" else "word"
        if kind != running:
            if running != "gap":
                yield _run(text, start, place, running)
            start, running = place, kind
    if running != "gap":
        yield _run(text, start, len(text), running)


def _run(text: str, start: int, end: int, kind: str) -> _Run:
    return _Run(unicodedata.normalize("NFKC", text[start:end]), kind == "unspaced", start, end)


@lru_cache(4096)
def _kind(letter: str) -> Kind:
    # A combining mark has no script of its own: `_runs` gives it the kind of the letter before it.
    normal = unicodedata.normalize("NFKC", letter)[0]
    category = unicodedata.category(normal)[0]
    if category not in "LMN":
        return "gap"
    if unicodedata.name(normal, "").startswith(_UNSPACED):
        return "unspaced"
    return "mark" if category == "M" else "word"


def _pairs(run: _Run) -> list[Term]:
    if not run.is_unspaced or len(run.letters) == 1:
        return [run.part(0, len(run.letters))]
    return [run.part(first, 2) for first in range(len(run.letters) - 1)]


def _letters(run: _Run) -> list[Term]:
    return [run.part(first, 1) for first in range(len(run.letters))]
