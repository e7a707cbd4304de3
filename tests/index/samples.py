"""Collections and points that the tests of the index share."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

from rushes_runtime.index.port import CollectionSpec, DenseSpec, Point, Sparse, Vector

VISUAL, SPEECH = 8, 6
"""Sizes of the dense vectors."""

SPEC = CollectionSpec({"visual": DenseSpec(VISUAL, multi=True), "speech": DenseSpec(SPEECH)}, ["lexical"])
INDEXED = replace(
    SPEC,
    keyword_fields=["video_id", "video.filename", "tags"],
    integer_fields=["start_ms", "take"],
    bool_fields=["fallback"],
    phrase_fields=["words"],
)
"""The same with indexed fields, which take a disk their time to make."""
CATALOG = CollectionSpec(keyword_fields=["status"])
"""A collection without any vector."""


def uid(number: int) -> str:
    """Ids in the order of their numbers."""
    return str(UUID(int=number))


def bare(number: int, **payload: Any) -> Point:
    """A point without vectors."""
    return Point(uid(number), payload)


def scene(number: int, random: np.random.Generator, **payload: Any) -> Point:
    """A point with all of SPEC's vectors: one to three keyframes, and words of which 0 is in every point."""
    return Point(
        uid(number),
        {"start_ms": number * 1000} | payload,
        {
            "visual": floats(random, 1 + number % 3, VISUAL),
            "speech": floats(random, SPEECH),
            "lexical": Sparse([0, 1 + number % 5], [0.5, 1.0]),
        },
    )


def floats(random: np.random.Generator, *shape: int) -> Vector:
    """Random directions."""
    return random.standard_normal(shape).astype(np.float32)


def unit(vectors: Any) -> Vector:
    """The vectors at length one, as cosine sees them."""
    rows = np.asarray(vectors, np.float32)
    normal: Vector = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return normal
