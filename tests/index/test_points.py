"""Points: stored, replaced, changed, counted, fetched, paged through, deleted."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from rushes_runtime.index.port import EVERYTHING, Filter, Index, IndexRefused, Match, Point, Query, Range, Sparse

from .samples import SPEECH, VISUAL, bare, floats, scene, uid, unit

PAYLOAD = {
    "title": "Größe – 大きさ",
    "start_ms": 2**40,
    "score": 0.25,
    "fallback": False,
    "language": None,
    "keyframe_times_ms": [0, 1200],
    "metadata": {"camera": "B", "take": {"number": 3}},
    "segments": {"0": {"asr": {"status": "done"}}},
    "nothing": [],
}

MISFITS = [
    Point("not-a-uuid", {}),
    Point(uid(1), {}, {"speech": np.ones(SPEECH + 1, np.float32)}),
    Point(uid(1), {}, {"visual": np.ones((2, VISUAL + 1), np.float32)}),
    Point(uid(1), {}, {"visual": np.ones((0, VISUAL), np.float32)}),
    Point(uid(1), {}, {"sound": np.ones(4, np.float32)}),
]


async def test_a_payload_comes_back_as_it_was(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [Point(uid(1), PAYLOAD)])
    (point,) = await index.get(scenes, [uid(1)])
    assert point.payload == PAYLOAD
    assert type(point.payload["start_ms"]) is int
    assert type(point.payload["fallback"]) is bool


async def test_vectors_come_back_when_asked_for(index: Index, scenes: str, random: np.random.Generator) -> None:
    stored = scene(4, random)
    await index.upsert(scenes, [stored])
    (without,) = await index.get(scenes, [uid(4)])
    assert without.vectors == {}
    (point,) = await index.get(scenes, [uid(4)], with_vectors=True)
    lexical, visual, speech = (point.vectors[name] for name in ("lexical", "visual", "speech"))
    assert isinstance(lexical, Sparse)
    assert dict(zip(lexical.indices, lexical.values, strict=True)) == {0: 0.5, 5: 1.0}
    assert not isinstance(visual, Sparse)
    assert visual.dtype == np.float32
    np.testing.assert_allclose(unit(visual), unit(stored.vectors["visual"]), atol=1e-5)
    np.testing.assert_allclose(unit(speech), unit(stored.vectors["speech"]), atol=1e-5)


async def test_upsert_replaces_all_of_a_point(index: Index, scenes: str, random: np.random.Generator) -> None:
    await index.upsert(scenes, [scene(1, random, title="Tea", text="with milk")])
    await index.upsert(scenes, [Point(uid(1), {"title": "Coffee"}, {"speech": floats(random, SPEECH)})])
    (point,) = await index.get(scenes, [uid(1)], with_vectors=True)
    assert point.payload == {"title": "Coffee"}
    assert set(point.vectors) == {"speech"}
    assert await index.count(scenes) == 1


async def test_more_points_than_one_request_takes(index: Index, scenes: str, random: np.random.Generator) -> None:
    await index.upsert(scenes, [scene(number, random) for number in range(600)])
    assert await index.count(scenes) == 600


async def test_upserts_from_several_tasks_at_once(index: Index, scenes: str, random: np.random.Generator) -> None:
    points = [scene(number, random) for number in range(80)]
    await asyncio.gather(*(index.upsert(scenes, points[start::8]) for start in range(8)))
    assert await index.count(scenes) == 80


async def test_no_points_is_no_error(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [])
    assert await index.get(scenes, []) == []


async def test_a_point_that_does_not_fit_is_refused(index: Index, scenes: str) -> None:
    for point in MISFITS:
        with pytest.raises(IndexRefused) as caught:
            await index.upsert(scenes, [point])
        assert caught.value.reason == "index_refused"


async def test_get_keeps_the_order_and_leaves_out_what_is_missing(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [bare(number) for number in range(5)])
    found = await index.get(scenes, [uid(3), uid(99), uid(0), uid(4)])
    assert [point.id for point in found] == [uid(3), uid(0), uid(4)]


async def test_set_payload_merges(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [bare(1, video_id="a", title="Tea", text="hot"), bare(2, video_id="b", title="Tea")])
    await index.set_payload(
        scenes, Filter([Match("video_id", ["a"])]), {"title": "Coffee", "metadata": {"camera": "B"}}
    )
    first, second = await index.get(scenes, [uid(1), uid(2)])
    assert first.payload == {"video_id": "a", "title": "Coffee", "text": "hot", "metadata": {"camera": "B"}}
    assert second.payload == {"video_id": "b", "title": "Tea"}
    assert await index.count(scenes, Filter([Match("metadata.camera", ["B"])])) == 1


async def test_set_payload_on_everything(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [bare(number) for number in range(3)])
    await index.set_payload(scenes, EVERYTHING, {"title": "Tea"})
    assert await index.count(scenes, Filter([Match("title", ["Tea"])])) == 3


async def test_delete_what_passes_a_filter(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [bare(number, video_id="ab"[number % 2], start_ms=number) for number in range(10)])
    await index.delete(scenes, Filter([Match("video_id", ["a"]), Range("start_ms", gte=4)]))
    left = await index.scroll(scenes)
    assert [point.id for point in left.points] == [uid(number) for number in (0, 1, 2, 3, 5, 7, 9)]
    await index.delete(scenes, EVERYTHING)
    assert await index.count(scenes) == 0


async def test_pages_have_every_point_once_and_in_the_order_of_ids(index: Index, scenes: str) -> None:
    numbers = np.random.default_rng(3).permutation(57)
    await index.upsert(scenes, [bare(int(number), even=bool(number % 2 == 0)) for number in numbers])
    assert await _paged(index, scenes, EVERYTHING, 10) == [uid(number) for number in range(57)]
    assert await _paged(index, scenes, EVERYTHING, 19) == [uid(number) for number in range(57)]
    even = Filter([Match("even", [True])])
    assert await _paged(index, scenes, even, 7) == [uid(number) for number in range(0, 57, 2)]


async def test_a_page_of_nothing(index: Index, scenes: str) -> None:
    page = await index.scroll(scenes)
    assert (list(page.points), page.next) == ([], None)


async def test_a_page_goes_on_where_the_next_point_was_deleted(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [bare(number, start_ms=number) for number in range(6)])
    page = await index.scroll(scenes, limit=2)
    await index.delete(scenes, Filter([Match("start_ms", [2])]))
    rest = await index.scroll(scenes, limit=10, after=page.next)
    assert [point.id for point in rest.points] == [uid(3), uid(4), uid(5)]


async def _paged(index: Index, name: str, filter: Filter, limit: int) -> list[str]:
    ids: list[str] = []
    after: str | None = None
    while True:
        page = await index.scroll(name, filter, limit, after)
        assert 0 < len(page.points) <= limit
        ids += [point.id for point in page.points]
        after = page.next
        if after is None:
            return ids


async def test_only_the_fields_and_the_vectors_that_are_asked_for_come_along(
    index: Index, scenes: str, random: np.random.Generator
) -> None:
    await index.upsert(scenes, [scene(1, random, text="a", title="b")])
    (point,) = await index.get(scenes, [uid(1)], with_vectors=["visual"], fields=["title", "nobody"])
    assert (dict(point.payload), set(point.vectors)) == ({"title": "b"}, {"visual"})
    (bare_one,) = await index.get(scenes, [uid(1)], fields=[])
    assert (dict(bare_one.payload), dict(bare_one.vectors)) == ({}, {})
    query = Query("lexical", Sparse([0], [1.0]), 1, fields=["text"])
    ((hit,),) = await index.query(scenes, [query])
    assert dict(hit.payload) == {"text": "a"}
    ((hit,),) = await index.query(scenes, [replace(query, fields=[])])
    assert dict(hit.payload) == {}
