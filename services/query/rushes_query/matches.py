"""Where a scene's text answers a question, and the second at which to start watching. Pure."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from rushes_models.lexical import LexicalEncoder
from rushes_models.terms import Term, phrase_terms
from rushes_query.asked import Asked
from rushes_runtime.index.port import AnyVector
from rushes_schemas.index import ScenePayload

Mark = tuple[int, int]
"""[start, end) in a text."""

NEAR = 60
"""Characters in which the words of a question are taken to be said together."""

_LEXICAL = LexicalEncoder()


def marks(asked: Asked, scene: ScenePayload) -> list[Mark]:
    """Where the text has words or phrases that were asked for, in order, none touching another."""
    words = [(start, end) for start, end, _ in _LEXICAL.places(asked.terms, scene.text, scene.language)]
    return _joined(sorted([*words, *_phrases(asked.phrases, scene.text)]))


def spoken_at(asked: Asked, scene: ScenePayload) -> int | None:
    """When what was asked for is said in the scene: where a phrase begins, else where most of the different words are
    said together, the first of such places. None: nothing of it is said."""
    phrases = _phrases(asked.phrases, scene.text)
    if phrases:
        return time_of(scene, phrases[0][0])
    places = _LEXICAL.places(asked.terms, scene.text, scene.language)
    if not places:
        return None
    near = [
        (-len({number for start, _, number in places if first <= start < first + NEAR}), first)
        for first, _, _ in places
    ]
    return time_of(scene, min(near)[1])


def time_of(scene: ScenePayload, place: int) -> int | None:
    """When the word at this place of the scene's text begins; None where that is not known."""
    word = bisect_right(scene.word_places, place) - 1
    return scene.word_times_ms[word] if 0 <= word < len(scene.word_times_ms) else None


def seen_at(asked: AnyVector | None, rows: AnyVector | None, times_ms: Sequence[int]) -> int | None:
    """When the picture is shown that is most like the question; None where the scene has none with a time."""
    if not isinstance(asked, np.ndarray) or not isinstance(rows, np.ndarray) or len(rows) != len(times_ms):
        return None
    scores = (rows @ np.atleast_2d(asked).T).sum(axis=1)
    return int(times_ms[int(scores.argmax())]) if len(scores) else None


def _phrases(phrases: Sequence[str], text: str) -> list[Mark]:
    terms = phrase_terms(text) if phrases else []
    return sorted(mark for phrase in phrases for mark in _phrase(phrase.split(" "), terms))


def _phrase(phrase: Sequence[str], terms: Sequence[Term]) -> list[Mark]:
    """Where the phrase is; at the text's end it may go on in the next scene."""
    words = [term.text for term in terms]
    places = [
        (first, len(words[first : first + len(phrase)]))
        for first in range(len(words))
        if words[first : first + len(phrase)] == list(phrase[: len(words) - first])
    ]
    return [(terms[first].start, terms[first + length - 1].end) for first, length in places]


def _joined(places: Sequence[Mark]) -> list[Mark]:
    joined: list[Mark] = []
    for start, end in places:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
