"""Gives the words that were said to the scenes that were seen."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from rushes_schemas.events import Scene, Word
from rushes_schemas.words import text_of


def with_words(scenes: Sequence[Scene], words: Iterable[Word]) -> tuple[Scene, ...]:
    """The scenes, each with the text of the words whose midpoint it holds, in the order in which they come.

    `scenes` are in order of time. Every word goes to exactly one scene: one before the first scene to the first, one
    after a scene's end to that scene. Raises ValueError if there are words and no scene.
    """
    starts = [scene.start_ms for scene in scenes]
    said: list[list[Word]] = [[] for _ in scenes]
    for word in words:
        if not starts:
            raise ValueError("there is no scene for the words")
        middle = (word.start_ms + word.end_ms) // 2
        said[max(0, bisect_right(starts, middle) - 1)].append(word)
    return tuple(scene.model_copy(update={"text": text_of(mine)}) for scene, mine in zip(scenes, said, strict=True))
