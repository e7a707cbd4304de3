"""Moments as models of the API: their text and its marks, where to start watching, the thumbnail. Pure."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from rushes_models.terms import Term, phrase_terms
from rushes_query.search.legs import BY_NAME, KEYFRAME_LEGS, SearchLeg, SearchPlan
from rushes_query.search.moments import FoundMoment, FoundScene, Place
from rushes_query.search.request import LEXICAL_ENCODER
from rushes_runtime.index.port import AnyVector, Point
from rushes_schemas.api import Marked, Moment, Why, media_url, thumbnail_url
from rushes_schemas.index import UNTITLED, ScenePayload

Mark = tuple[int, int]
"""[start, end) in a text."""

NEAR = 60
"""Words of a question count as said together within this many characters."""


def marks(plan: SearchPlan, scene: ScenePayload) -> list[Mark]:
    """Return where the text has words or phrases of the question, in order, without overlaps."""
    words = [(start, end) for start, end, _ in LEXICAL_ENCODER.places(plan.terms, scene.text, scene.language)]
    return _joined(sorted([*words, *_phrase_marks(plan.phrases, scene.text)]))


def spoken_at(plan: SearchPlan, scene: ScenePayload) -> int | None:
    """Return when the question's words are said in the scene, in milliseconds: where a phrase begins, else the first
    place at which the most of its different words are said together. None: none of them is said."""
    phrases = _phrase_marks(plan.phrases, scene.text)
    if phrases:
        return time_of(scene, phrases[0][0])
    places = LEXICAL_ENCODER.places(plan.terms, scene.text, scene.language)
    if not places:
        return None
    # The most different terms first, then the earliest place.
    near = [
        (-len({number for start, _, number in places if first <= start < first + NEAR}), first)
        for first, _, _ in places
    ]
    return time_of(scene, min(near)[1])


def time_of(scene: ScenePayload, place: int) -> int | None:
    """Return when the word at this character of the scene's text begins; None where that is not known."""
    word = bisect_right(scene.word_places, place) - 1
    return scene.word_times_ms[word] if 0 <= word < len(scene.word_times_ms) else None


def seen_at(vector: AnyVector | None, rows: AnyVector | None, times_ms: Sequence[int]) -> int | None:
    """Return when the keyframe that is most similar to the query vector is shown; None for a scene without the times of
    its keyframes. `rows`: one per keyframe."""
    if not isinstance(vector, np.ndarray) or not isinstance(rows, np.ndarray) or len(rows) != len(times_ms):
        return None
    # MaxSim per keyframe; a query has one row, or several whose scores add up.
    scores = (rows @ np.atleast_2d(vector).T).sum(axis=1)
    return int(times_ms[int(scores.argmax())]) if len(scores) else None


def _phrase_marks(phrases: Sequence[str], text: str) -> list[Mark]:
    terms = phrase_terms(text) if phrases else []
    return sorted(mark for phrase in phrases for mark in _phrase(phrase.split(" "), terms))


def _phrase(phrase: Sequence[str], terms: Sequence[Term]) -> list[Mark]:
    """Return where the phrase is. Its beginning at the end of the text counts, since the next scene may continue it."""
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


Scenes = Mapping[str, ScenePayload]


def present(
    moment: FoundMoment, plan: SearchPlan, scenes: Scenes, keyframes: Mapping[str, Point], title: str | None, k: int
) -> Moment:
    """Return the API's moment. `scenes` has the payload of each of its scenes, `keyframes` the points with keyframe
    vectors of the scenes for which `starts_at_keyframe`; `title` is the catalog's, `k` the fusion's."""
    text, marked = _text(moment, plan, scenes)
    thumbnail = _thumbnail(moment, scenes)
    start = best_ms(moment, plan, scenes, keyframes, k)
    return Moment(
        video_id=moment.video_id,
        title=title or scenes[moment.best.id].title or UNTITLED,
        start_ms=moment.start_ms,
        end_ms=moment.end_ms,
        best_ms=start,
        score=moment.score,
        text=text,
        marks=marked,
        thumbnail_url=thumbnail_url(thumbnail) if thumbnail else None,
        media_url=media_url(moment.video_id, start),
        scenes=[scene.id for scene in moment.scenes],
        why=[Why(leg=place.leg, rank=place.rank, score=place.score) for place in moment.places],
    )


def leading(scene: FoundScene, plan: SearchPlan, k: int) -> type[SearchLeg] | None:
    """Return the leg that contributed the most to the scene's score."""

    def order(place: Place) -> tuple[float, int]:
        return -plan.weights[place.leg] / (k + place.rank), BY_NAME[place.leg].start_order

    return BY_NAME[min(scene.places, key=order).leg] if scene.places else None


def starts_at_keyframe(moment: FoundMoment, plan: SearchPlan, k: int) -> bool:
    """Whether `present` needs the keyframe vectors of the moment's best scene."""
    leg = leading(moment.best, plan, k)
    return leg is not None and leg.start == "keyframe"


def best_ms(moment: FoundMoment, plan: SearchPlan, scenes: Scenes, keyframes: Mapping[str, Point], k: int) -> int:
    """Return where to start watching, in milliseconds: when a word of the question is said, or the keyframe that
    matches is shown, in the moment's best scene. Always inside of the moment."""
    best = moment.best
    found = _start(leading(best, plan, k), plan, scenes[best.id], keyframes.get(best.id))
    if found is None:
        found = best.start_ms
    return max(moment.start_ms, min(found, moment.end_ms - 1))


def _start(leg: type[SearchLeg] | None, plan: SearchPlan, scene: ScenePayload, point: Point | None) -> int | None:
    match leg.start if leg else None:
        case "term":
            return spoken_at(plan, scene)
        case "keyframe" if leg and point and leg.name in plan.queries:
            return seen_at(plan.queries[leg.name].vector, point.vectors.get(leg.name), scene.keyframe_times_ms)
        case "speech":
            found = spoken_at(plan, scene)
            return time_of(scene, 0) if found is None else found
    return None


def _text(moment: FoundMoment, plan: SearchPlan, scenes: Scenes) -> tuple[str, list[Marked]]:
    """Return what is said in it, and the marks in that text. Without speech: its first scene's fallback text."""
    payloads = [scenes[scene.id] for scene in moment.scenes]
    said = [payload for payload in payloads if not payload.fallback] or payloads[:1]
    return " ".join(payload.text for payload in said), list(_marked(said, plan))


def _marked(said: Sequence[ScenePayload], plan: SearchPlan) -> Iterator[Marked]:
    before = 0
    for payload in said:
        yield from (Marked(start=before + start, end=before + end) for start, end in marks(plan, payload))
        before += len(payload.text) + 1  # the space between two scenes' texts


def _thumbnail(moment: FoundMoment, scenes: Scenes) -> str | None:
    """Return the id of the scene to show: the first by the legs that compare keyframes, else the best of all. None: no
    scene has a thumbnail."""
    pictured = [scene for scene in moment.scenes if scenes[scene.id].thumbnail_uri]
    return min(pictured, key=_picture_order).id if pictured else None


def _picture_order(scene: FoundScene) -> tuple[float, float]:
    seen = (place.rank for place in scene.places if place.leg in KEYFRAME_LEGS)
    return next(seen, float("inf")), -scene.score
