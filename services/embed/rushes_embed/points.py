"""Scenes to points, and which points a segment no longer has: pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rushes_models.lexical import LexicalEncoder
from rushes_runtime.index.port import AnyVector, Filter, Match, Point, Range, Sparse
from rushes_schemas.events import Scene, ScenesDetected
from rushes_schemas.ids import scene_point_id
from rushes_schemas.index import LEXICAL, SPEECH, UNTITLED, VISUAL, ScenePayload, as_payload

Vectors = NDArray[np.float32]


def text_of(scene: Scene, title: str | None) -> tuple[str, bool]:
    """What a scene is found by as text, and whether that only stands in for its words: the words, else the video's
    title, else "untitled video"."""
    return (scene.text, False) if scene.text else (title or UNTITLED, True)


def texts_of(event: ScenesDetected) -> list[str]:
    """The text of each scene."""
    return [text_of(scene, event.video.title)[0] for scene in event.scenes]


def points_of(
    event: ScenesDetected, visual: Sequence[Vectors], speech: Vectors, lexical: LexicalEncoder, recipe: str
) -> list[Point]:
    """One point per scene. `visual` has a matrix per scene, `speech` a row per scene.

    A scene without pictures has no visual vector, and is found by its text alone.
    """
    return [
        _point(event, scene, rows, row, lexical, recipe)
        for scene, rows, row in zip(event.scenes, visual, speech, strict=True)
    ]


def _point(
    event: ScenesDetected, scene: Scene, visual: Vectors, speech: Vectors, lexical: LexicalEncoder, recipe: str
) -> Point:
    text, fallback = text_of(scene, event.video.title)
    words = lexical.encode_document(text)
    payload = ScenePayload(
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
        thumbnail_uri=scene.keyframes[len(scene.keyframes) // 2].uri if scene.keyframes else None,
        keyframe_times_ms=tuple(keyframe.time_ms for keyframe in scene.keyframes),
        metadata=event.video.metadata,
        recipe=recipe,
    )
    vectors: dict[str, AnyVector] = {SPEECH: speech, LEXICAL: Sparse(words.indices, words.values)}
    return Point(
        scene_point_id(event.video.video_id, event.segment.index, scene.index, recipe),
        as_payload(payload),
        vectors | ({VISUAL: visual} if len(visual) else {}),
    )


def stale(event: ScenesDetected, recipe: str) -> list[Filter]:
    """The points that this event's have replaced: the segment's of other recipes, and, told by the last segment, those
    of segments that the video no longer has."""
    video = Match("video_id", [event.video.video_id])
    replaced = [Filter([video, Match("segment", [event.segment.index])], [Match("recipe", [recipe])])]
    if event.segment.index == event.video.segment_count - 1:
        replaced.append(Filter([video, Range("segment", gte=event.video.segment_count)]))
    return replaced
