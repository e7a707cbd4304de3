"""A large Edge collection is compared by signs first: what it answers is what an exact comparison does."""

from pathlib import Path

import numpy as np
import pytest

from rushes_runtime.index import edge_shard
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.port import CollectionSpec, DenseSpec, Point, Query

from .samples import uid

SIZE, DIMENSIONS, ASKED = 3000, 128, 10


@pytest.mark.parametrize("multi", [False, True])
async def test_the_best_are_found_with_their_exact_scores(
    tmp_path: Path, random: np.random.Generator, monkeypatch: pytest.MonkeyPatch, multi: bool
) -> None:
    monkeypatch.setattr(edge_shard, "EXACT_POINTS", SIZE - 1)
    centres = random.standard_normal((60, DIMENSIONS))
    rows = centres[random.integers(0, 60, SIZE)] + 0.8 * random.standard_normal((SIZE, DIMENSIONS))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    asked = [centre.astype(np.float32) for centre in centres[:20] / np.linalg.norm(centres[:20], axis=1, keepdims=True)]
    index = EdgeIndex(tmp_path)
    await index.ensure("scenes", CollectionSpec({"seen": DenseSpec(DIMENSIONS, multi)}))
    points = [Point(uid(n), {}, {"seen": row[None, :] if multi else row}) for n, row in enumerate(vectors)]
    await index.upsert("scenes", points)
    queries = [Query("seen", each[None, :] if multi else each, ASKED, fields=[]) for each in asked]
    found = await index.query("scenes", queries)
    await index.close()
    recalls = []
    for question, hits in zip(asked, found, strict=True):
        scores = vectors @ question
        best = {uid(int(n)) for n in np.argsort(-scores)[:ASKED]}
        recalls.append(len(best & {hit.id for hit in hits}) / ASKED)
        exact = {uid(n): score for n, score in enumerate(scores)}
        np.testing.assert_allclose([hit.score for hit in hits], [exact[hit.id] for hit in hits], atol=1e-4)
    assert np.mean(recalls) >= 0.97
