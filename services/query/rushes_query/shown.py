"""Moments as they are shown: what is said in them, where to start, what to look at. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from rushes_query.answers import Marked, Moment, Why
from rushes_query.asked import Asked
from rushes_query.fuse import Place
from rushes_query.matches import marks, seen_at, spoken_at, time_of
from rushes_query.moments import FoundMoment, FoundScene
from rushes_query.urls import media_url, thumbnail_url
from rushes_runtime.index.port import Point
from rushes_schemas.index import UNTITLED, Leg, ScenePayload

Scenes = Mapping[str, ScenePayload]
PREFERENCE: tuple[Leg, ...] = ("lexical", "visual", "speech")
"""Which leg tells where to start, of those that count the same: a word is said at one second, a meaning is not."""


def shown(
    moment: FoundMoment, asked: Asked, scenes: Scenes, pictured: Mapping[str, Point], title: str | None, k: int
) -> Moment:
    """A moment of an answer. `scenes` has the payload of each of its scenes, `pictured` the visual vectors of those
    that pictures may have to be chosen of; `title` is the catalog's, `k` the fusion's."""
    text, marked = _text(moment, asked, scenes)
    thumbnail = _thumbnail(moment, scenes)
    start = best_ms(moment, asked, scenes, pictured, k)
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


def leading(scene: FoundScene, asked: Asked, k: int) -> Leg | None:
    """The leg that did most to have the scene found."""

    def order(place: Place) -> tuple[float, int]:
        return -asked.weights[place.leg] / (k + place.rank), PREFERENCE.index(place.leg)

    return min(scene.places, key=order).leg if scene.places else None


def best_ms(moment: FoundMoment, asked: Asked, scenes: Scenes, pictured: Mapping[str, Point], k: int) -> int:
    """Where to start watching: when the word that was asked for is said, or the picture that matched is shown, in the
    moment's best scene. Always inside of the moment."""
    best = moment.best
    payload = scenes[best.id]
    found: int | None = None
    match leading(best, asked, k):
        case "lexical":
            found = spoken_at(asked, payload)
        case "visual" if best.id in pictured and "visual" in asked.wanted:
            rows = pictured[best.id].vectors.get("visual")
            found = seen_at(asked.wanted["visual"].vector, rows, payload.keyframe_times_ms)
        case "speech":
            found = spoken_at(asked, payload)
            if found is None:
                found = time_of(payload, 0)
    if found is None:
        found = best.start_ms
    return max(moment.start_ms, min(found, moment.end_ms - 1))


def _text(moment: FoundMoment, asked: Asked, scenes: Scenes) -> tuple[str, list[Marked]]:
    """What is said in it; only where nothing is, what stands in for it, once. And the places of what was asked for."""
    payloads = [scenes[scene.id] for scene in moment.scenes]
    said = [payload for payload in payloads if not payload.fallback] or payloads[:1]
    return " ".join(payload.text for payload in said), list(_marked(said, asked))


def _marked(said: Sequence[ScenePayload], asked: Asked) -> Iterator[Marked]:
    before = 0
    for payload in said:
        yield from (Marked(start=before + start, end=before + end) for start, end in marks(asked, payload))
        before += len(payload.text) + 1


def _thumbnail(moment: FoundMoment, scenes: Scenes) -> str | None:
    """The id of the scene that shows it best: highest in the visual leg, else in all; None: none has a picture."""
    pictured = [scene for scene in moment.scenes if scenes[scene.id].thumbnail_uri]
    return min(pictured, key=_picture_order).id if pictured else None


def _picture_order(scene: FoundScene) -> tuple[float, float]:
    seen = (place.rank for place in scene.places if place.leg == "visual")
    return next(seen, float("inf")), -scene.score
