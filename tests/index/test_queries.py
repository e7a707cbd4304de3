"""Queries rank as the vectors say: by MaxSim, by cosine, by rare words."""

import numpy as np
import pytest

from rushes_runtime.index.port import Filter, Index, IndexRefused, Match, Point, Query, Range, Sparse

from .samples import SPEECH, VISUAL, bare, floats, scene, uid, unit


async def test_multivectors_are_ranked_by_max_sim(index: Index, scenes: str, random: np.random.Generator) -> None:
    points = [scene(number, random) for number in range(60)]
    await index.upsert(scenes, points)
    asked = floats(random, 2, VISUAL)
    scores = {point.id: float((unit(asked) @ unit(point.vectors["visual"]).T).max(axis=1).sum()) for point in points}
    (hits,) = await index.query(scenes, [Query("visual", asked, 20)])
    assert [hit.id for hit in hits] == sorted(scores, key=scores.__getitem__, reverse=True)[:20]
    np.testing.assert_allclose([hit.score for hit in hits], [scores[hit.id] for hit in hits], atol=1e-4)


async def test_one_row_asks_a_multivector(index: Index, scenes: str, random: np.random.Generator) -> None:
    points = [scene(number, random) for number in range(9)]
    await index.upsert(scenes, points)
    rows = points[5].vectors["visual"]
    assert not isinstance(rows, Sparse)
    (hits,) = await index.query(scenes, [Query("visual", rows[:1] * 3, 1)])
    assert hits[0].id == uid(5)
    assert hits[0].score == pytest.approx(1, abs=1e-4)


async def test_dense_vectors_are_ranked_by_cosine(index: Index, scenes: str, random: np.random.Generator) -> None:
    points = [scene(number, random) for number in range(60)]
    await index.upsert(scenes, points)
    asked = floats(random, SPEECH)
    scores = {point.id: float(unit(asked) @ unit(point.vectors["speech"])) for point in points}
    (hits,) = await index.query(scenes, [Query("speech", asked, 60)])
    assert [hit.id for hit in hits] == sorted(scores, key=scores.__getitem__, reverse=True)
    np.testing.assert_allclose([hit.score for hit in hits], [scores[hit.id] for hit in hits], atol=1e-4)


async def test_a_rare_word_counts_more_than_a_common_one(index: Index, scenes: str) -> None:
    common, rare = 3, 4_000_000_000
    texts = [[common]] * 10 + [[rare]] + [[5]] * 10
    await index.upsert(
        scenes, [Point(uid(number), {}, {"lexical": Sparse(text, [1.0])}) for number, text in enumerate(texts)]
    )
    (hits,) = await index.query(scenes, [Query("lexical", Sparse([rare, common], [1.0, 1.0]), 30)])
    assert hits[0].id == uid(10)
    assert hits[0].score > 2 * hits[1].score > 0
    assert {hit.id for hit in hits[1:]} == {uid(number) for number in range(10)}


async def test_a_word_that_nobody_says_finds_nothing(index: Index, scenes: str, random: np.random.Generator) -> None:
    await index.upsert(scenes, [scene(1, random)])
    (hits,) = await index.query(scenes, [Query("lexical", Sparse([77], [1.0]), 5)])
    assert list(hits) == []


async def test_points_without_the_vector_are_not_found(index: Index, scenes: str, random: np.random.Generator) -> None:
    await index.upsert(scenes, [bare(1), scene(2, random)])
    (hits,) = await index.query(scenes, [Query("speech", floats(random, SPEECH), 5)])
    assert [hit.id for hit in hits] == [uid(2)]


async def test_a_query_has_its_filter(index: Index, scenes: str, random: np.random.Generator) -> None:
    await index.upsert(scenes, [scene(number, random, video_id="ab"[number % 2]) for number in range(20)])
    filter = Filter([Match("video_id", ["b"]), Range("start_ms", gte=5000)], [Match("start_ms", [9000])])
    asked = [Query("visual", floats(random, 1, VISUAL), 20, filter), Query("lexical", Sparse([0], [1.0]), 20, filter)]
    for hits in await index.query(scenes, asked):
        assert {hit.id for hit in hits} == {uid(number) for number in (5, 7, 11, 13, 15, 17, 19)}
        assert {hit.payload["video_id"] for hit in hits} == {"b"}


async def test_hits_below_the_threshold_are_left_out(index: Index, scenes: str, random: np.random.Generator) -> None:
    await index.upsert(scenes, [scene(number, random) for number in range(40)])
    asked = floats(random, SPEECH)
    everything, some = await index.query(
        scenes, [Query("speech", asked, 40), Query("speech", asked, 40, score_threshold=0.25)]
    )
    assert [hit.id for hit in some] == [hit.id for hit in everything if hit.score >= 0.25]
    assert 0 < len(some) < 40


async def test_a_batch_is_answered_in_its_order(index: Index, scenes: str, random: np.random.Generator) -> None:
    points = [scene(number, random) for number in range(12)]
    await index.upsert(scenes, points)
    order = [7, 2, 2, 11, 0]
    visual = [Query("visual", points[number].vectors["visual"], 1) for number in order]
    speech = [Query("speech", points[number].vectors["speech"], 2) for number in order]
    answers = await index.query(scenes, [leg for pair in zip(visual, speech, strict=True) for leg in pair])
    assert [len(hits) for hits in answers] == [1, 2] * 5
    assert [hits[0].id for hits in answers] == [uid(number) for number in order for _ in range(2)]


async def test_no_queries_have_no_answers(index: Index, scenes: str) -> None:
    assert list(await index.query(scenes, [])) == []


async def test_a_query_that_does_not_fit_is_refused(index: Index, scenes: str, random: np.random.Generator) -> None:
    await index.upsert(scenes, [scene(1, random)])
    for using, size in (("speech", SPEECH + 1), ("visual", VISUAL - 1), ("sound", 4)):
        with pytest.raises(IndexRefused):
            await index.query(scenes, [Query(using, np.ones(size, np.float32), 1)])
