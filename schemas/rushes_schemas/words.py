"""Words as one reads them."""

from collections.abc import Iterable

from rushes_schemas.events import Word


def text_of(words: Iterable[Word]) -> str:
    """The words with a space before each that is not joined to the one before it."""
    return "".join(word.text if word.joined else f" {word.text}" for word in words).strip()
