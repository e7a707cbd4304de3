"""Words as one reads them, and the scenes that they are said in."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from rushes_schemas.events import Scene, Word


def text_of(words: Iterable[Word]) -> str:
    """The words with a space before each that is not joined to the one before it."""
    return placed(words)[0]


def placed(words: Iterable[Word]) -> tuple[str, list[int]]:
    """The text of the words, and where in it each word begins."""
    text, places = "", []
    for word in words:
        text += "" if word.joined or not text else " "
        places.append(len(text))
        text += word.text
    return text, places


def shared_out(scenes: Sequence[Scene], words: Iterable[Word]) -> list[list[Word]]:
    """For each scene the words whose midpoint it holds, in the order in which they come.

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
    return said
