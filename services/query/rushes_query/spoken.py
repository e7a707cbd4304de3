"""Words as one reads them. Pure."""

from collections.abc import Iterable

from rushes_schemas.events import Word
from rushes_schemas.words import text_of

PARAGRAPH_MS = 2000
"""A silence that ends a paragraph."""


def paragraphs(words: Iterable[Word]) -> str:
    """All that is said, one paragraph a line, cut at long silences."""
    parts: list[list[Word]] = []
    for word in words:
        if not parts or word.start_ms - parts[-1][-1].end_ms >= PARAGRAPH_MS:
            parts.append([])
        parts[-1].append(word)
    return "\n".join(map(text_of, parts))
