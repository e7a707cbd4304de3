"""Turns scenes into points, and finds the points that they replace. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rushes_models.lexical import LexicalEncoder
from rushes_models.terms import phrase_terms
from rushes_runtime.index.port import AnyVector, Filter, Match, Point, Range, Sparse
from rushes_schemas.events import Scene, ScenesDetected
from rushes_schemas.ids import scene_point_id
from rushes_schemas.index import LEXICAL, SPEECH, UNTITLED, VISUAL, ScenePayload, as_payload, pair
from rushes_schemas.words import placed, shared_out

Vectors = NDArray[np.float32]

PHRASE_TAIL = 16
"""How many terms of the next scene belong to a scene's phrases, since a cut does not wait for the end of a sentence."""


@dataclass(frozen=True)
class Timestamps:
    """The times in a point's payload, in milliseconds since the Unix epoch."""

    added_at: int
    """When the installation first knew of the video."""
    indexed_at: int
    """When the point is written."""


def text_of(scene: Scene, title: str | None) -> tuple[str, bool]:
    """Return the text that a scene is searched by, and whether it is a fallback.

    It is the scene's words; else the video's title; else "untitled video".
    """
    return (scene.text, False) if scene.text else (title or UNTITLED, True)


def texts_of(event: ScenesDetected) -> list[str]:
    """Return the text of each scene."""
    return [text_of(scene, event.video.title)[0] for scene in event.scenes]


def points_of(
    event: ScenesDetected,
    visual: Sequence[Vectors],
    speech: Vectors,
    lexical: LexicalEncoder,
    recipe: str,
    timestamps: Timestamps,
) -> list[Point]:
    """Return one point per scene. `visual` has a matrix (keyframes, dimensions) per scene, `speech` a row per scene.

    A scene without pictures has no visual vector, so it is found by its text only. Raises ValueError if the numbers of
    scenes differ.
    """
    return [
        _point(payload, rows, row, lexical)
        for payload, rows, row in zip(_payloads(event, recipe, timestamps), visual, speech, strict=True)
    ]


def _point(payload: ScenePayload, visual: Vectors, speech: Vectors, lexical: LexicalEncoder) -> Point:
    # The language decides how words are stemmed.
    words = lexical.encode_document(payload.text, payload.language)
    vectors: dict[str, AnyVector] = {SPEECH: speech, LEXICAL: Sparse(words.indices, words.values)}
    return Point(
        scene_point_id(payload.video_id, payload.segment, payload.scene, payload.recipe),
        as_payload(payload),
        vectors | ({VISUAL: visual} if len(visual) else {}),
    )


def _payloads(event: ScenesDetected, recipe: str, timestamps: Timestamps) -> Iterator[ScenePayload]:
    # Words belong to the scene during which they are said, also where the event's scenes came without them.
    said = shared_out(event.scenes, event.transcript.words)
    phrases = [_terms(scene.text) for scene in event.scenes]
    for scene, words, own, following in zip(event.scenes, said, phrases, [*phrases[1:], []], strict=True):
        text, fallback = text_of(scene, event.video.title)
        spoken, places = placed(words)
        # Scenes that another program published may have words that are not the transcript's: these have no times.
        timed = spoken == text
        yield ScenePayload(
            video_id=event.video.video_id,
            segment=event.segment.index,
            scene=scene.index,
            start_ms=scene.start_ms,
            end_ms=scene.end_ms,
            continues=scene.continues,
            title=event.video.title,
            text=text,
            language=event.transcript.language or event.video.language,
            fallback=fallback,
            # The middle keyframe: the first may still belong to a dissolve.
            thumbnail_uri=scene.keyframes[len(scene.keyframes) // 2].uri if scene.keyframes else None,
            keyframe_times_ms=tuple(keyframe.time_ms for keyframe in scene.keyframes),
            metadata=event.video.metadata,
            metadata_pairs=tuple(pair(key, value) for key, value in event.video.metadata.items()),
            word_places=tuple(places) if timed else (),
            word_times_ms=tuple(word.start_ms for word in words) if timed else (),
            phrase_terms=" ".join([*own, *following[:PHRASE_TAIL]] if own else _terms(text)),
            duration_ms=event.video.duration_ms,
            added_at=timestamps.added_at,
            indexed_at=timestamps.indexed_at,
            recipe=recipe,
        )


def _terms(text: str) -> list[str]:
    return [term.text for term in phrase_terms(text)]


def replaced_points(event: ScenesDetected, recipe: str) -> list[Filter]:
    """Return filters for the points that this event's points replace: the segment's points of other recipes.

    The event of the last segment also replaces the points of segments that the video no longer has.
    """
    video = Match("video_id", [event.video.video_id])
    replaced = [Filter([video, Match("segment", [event.segment.index])], [Match("recipe", [recipe])])]
    if event.segment.index == event.video.segment_count - 1:
        replaced.append(Filter([video, Range("segment", gte=event.video.segment_count)]))
    return replaced
