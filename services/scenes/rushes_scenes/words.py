"""Gives the words that were said to the scenes that were seen."""

from collections.abc import Iterable, Sequence

from rushes_schemas.events import Scene, Word
from rushes_schemas.words import shared_out, text_of


def with_words(scenes: Sequence[Scene], words: Iterable[Word]) -> tuple[Scene, ...]:
    """The scenes, each with the text of the words that are said in it. Raises ValueError if there are words and no
    scene."""
    said = shared_out(scenes, words)
    return tuple(scene.model_copy(update={"text": text_of(mine)}) for scene, mine in zip(scenes, said, strict=True))
