"""Every filter alone, and every two of them, in both adapters: what a plain loop over the same points finds, in order.

The points are few enough for every one of them to be compared as it is, so that the order is the plain loop's to the
last place.
"""

from collections.abc import AsyncIterator, Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from rushes_query.search.request import Filters, filter_of, phrases
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.port import CollectionSpec, DenseSpec, Index, Point, Query
from rushes_runtime.index.server import ServerIndex
from rushes_schemas.ids import scene_point_id, video_id
from rushes_schemas.index import (
    SCENE_BOOL_FIELDS,
    SCENE_INTEGER_FIELDS,
    SCENE_KEYWORD_FIELDS,
    SCENE_PHRASE_FIELDS,
    ScenePayload,
    as_payload,
)
from rushes_schemas.upload_metadata import Metadata
from rushes_testing.qdrant_wire import LocalEngine, serving

Payload = dict[str, Any]
Test = Callable[[Payload], bool]

VIDEOS = [video_id(digit * 64) for digit in "abcdef"]
SPEC = CollectionSpec(
    {"speech": DenseSpec(8), "visual": DenseSpec(8, multi=True)},
    (),
    SCENE_KEYWORD_FIELDS,
    SCENE_INTEGER_FIELDS,
    SCENE_BOOL_FIELDS,
    SCENE_PHRASE_FIELDS,
)
DAY = 86_400_000
SAID = ("ask not what you can", "can you ask what", "", "not what you ask")

FILTERS: dict[str, tuple[dict[str, Any], Test]] = {
    "a video": ({"video_id": [VIDEOS[1]]}, lambda p: p["video_id"] == VIDEOS[1]),
    "videos": ({"video_id": VIDEOS[1:4]}, lambda p: p["video_id"] in VIDEOS[1:4]),
    "a language": ({"language": "de"}, lambda p: p["language"] == "de"),
    "from": ({"from_ms": 9000}, lambda p: p["end_ms"] > 9000),
    "to": ({"to_ms": 20_000}, lambda p: p["start_ms"] < 20_000),
    "added from": ({"added_from": "1970-01-03"}, lambda p: p["added_at"] >= 2 * DAY),
    "added to": ({"added_to": "1970-01-05T00:00:00Z"}, lambda p: p["added_at"] < 4 * DAY),
    "long": ({"min_duration_ms": 30_000}, lambda p: p["duration_ms"] >= 30_000),
    "short": ({"max_duration_ms": 40_000}, lambda p: p["duration_ms"] <= 40_000),
    "metadata": ({"metadata": ["camera=B"]}, lambda p: p["metadata"]["camera"] == "B"),
    "metadata of another kind": ({"metadata": ["take=2"]}, lambda p: p["metadata"]["take"] == 2),
    "speech": ({"speech": True}, lambda p: not p["fallback"]),
    "silence": ({"speech": False}, lambda p: p["fallback"]),
    "fallback": ({"fallback": True}, lambda p: p["fallback"]),
    "a phrase": ({"q": '"ask not"'}, lambda p: " ask not " in f" {p['phrase_terms']} "),
    "another phrase": ({"q": '"what you"'}, lambda p: " what you " in f" {p['phrase_terms']} "),
    "as of": ({"as_of": 100}, lambda p: p["indexed_at"] < 100),
    "not that video": ({"excluded_video": VIDEOS[2]}, lambda p: p["video_id"] != VIDEOS[2]),
}


def payload(number: int) -> Payload:
    """A scene of one of the videos; what videos have depends on the video, what scenes have on the scene."""
    video, scene = number % len(VIDEOS), number // len(VIDEOS)
    metadata: Metadata = {"camera": "AB"[video % 2], "take": video % 3}
    return as_payload(
        ScenePayload(
            video_id=VIDEOS[video], segment=0, scene=scene, start_ms=scene * 3000, end_ms=scene * 3000 + 3000,
            title=None, text="t", language=("de", "en", None)[video % 3], fallback=not SAID[number % 4],
            thumbnail_uri=None,
            recipe="r", metadata=metadata, metadata_pairs=tuple(f"{key}={value}" for key, value in metadata.items()),
            phrase_terms=SAID[number % 4], duration_ms=20_000 + 10_000 * video, added_at=DAY * video, indexed_at=number,
        )
    )  # fmt: skip


def points() -> list[Point]:
    random = np.random.default_rng(5)
    payloads = [payload(number) for number in range(180)]
    return [
        Point(
            scene_point_id(its["video_id"], 0, its["scene"], "r"),
            its,
            {
                "speech": random.standard_normal(8).astype(np.float32),
                "visual": random.standard_normal((1 + number % 3, 8)).astype(np.float32),
            },
        )
        for number, its in enumerate(payloads)
    ]


POINTS = points()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["edge", "server"])
async def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Index]:
    """The points in an index, by each adapter."""
    if request.param == "edge":
        edge = EdgeIndex(Path(tmp_path_factory.mktemp("filters")) / "index")
        yield await filled(edge)
        await edge.close()
        return
    engine = LocalEngine()
    async with serving(engine) as port:
        server = ServerIndex("http://127.0.0.1:6333", grpc_port=port)
        yield await filled(server)
        await server.close()
    await engine.close()


async def filled(index: Index) -> Index:
    await index.ensure("scenes", SPEC)
    await index.upsert("scenes", POINTS)
    return index


def by_hand(using: str, asked: np.ndarray, tests: list[Test]) -> list[str]:
    """The ids of the points that pass, nearest first."""
    passing = [point for point in POINTS if all(test(dict(point.payload)) for test in tests)]
    return [point.id for point in sorted(passing, key=lambda point: -score(asked, point.vectors[using]))]


def score(asked: np.ndarray, vector: Any) -> float:
    rows = np.atleast_2d(vector)
    return float((rows / np.linalg.norm(rows, axis=1, keepdims=True) @ (asked / np.linalg.norm(asked))).max())


def query(using: str, asked: np.ndarray, names: tuple[str, ...]) -> Query:
    """The query of a search with these filters."""
    said = [FILTERS[name][0] for name in names]
    others = ("q", "as_of", "excluded_video")
    where = Filters.model_validate({key: its for each in said for key, its in each.items() if key not in others})
    quoted = [phrase for each in said for phrase in phrases(each.get("q", ""))]
    more = {key: its for each in said for key, its in each.items() if key in ("as_of", "excluded_video")}
    filter = filter_of(where, quoted, **more)
    vector = asked[None, :] if using == "visual" else asked
    return Query(using, vector, len(POINTS), filter, fields=[])


def told_apart(names: tuple[str, ...]) -> bool:
    """Two values of one field can't both be asked for, except of phrases."""
    keys = [key for name in names for key in FILTERS[name][0]]
    return len(set(keys)) == len(keys) or keys == ["q", "q"]


CHOICES = [(name,) for name in FILTERS] + [pair for pair in combinations(FILTERS, 2) if told_apart(pair)]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("using", ["speech", "visual"])
async def test_filters_find_what_a_plain_loop_finds(index: Index, using: str) -> None:
    asked = np.random.default_rng(6).standard_normal(8).astype(np.float32)
    found = await index.query("scenes", [query(using, asked, names) for names in CHOICES])
    expected = {names: by_hand(using, asked, [FILTERS[name][1] for name in names]) for names in CHOICES}
    assert {names: [hit.id for hit in hits] for names, hits in zip(CHOICES, found, strict=True)} == expected
    assert all(0 < len(expected[name,]) < len(POINTS) for name in FILTERS)
