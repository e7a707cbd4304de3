"""Collections: made once, checked ever after, listed, dropped."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rushes_runtime.errors import ConfigurationError, TransientError
from rushes_runtime.index.port import (
    EVERYTHING,
    CollectionSpec,
    DenseSpec,
    Filter,
    Index,
    IndexRefused,
    Match,
    Query,
    UnknownCollection,
)

from .samples import CATALOG, SPEC, bare, uid

Fresh = Callable[[], str]

OTHER_SPECS = [
    replace(SPEC, dense={**SPEC.dense, "speech": DenseSpec(7)}),
    replace(SPEC, dense={**SPEC.dense, "visual": DenseSpec(8)}),
    replace(SPEC, dense={**SPEC.dense, "sound": DenseSpec(3)}),
    replace(SPEC, sparse=[]),
    CATALOG,
]
"""Another size, one row instead of many, a vector more, a vector less, no vector."""


async def test_ready_before_anything_is_made(index: Index) -> None:
    await index.ready()


async def test_ensure_twice_keeps_what_is_there(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [bare(1)])
    await index.ensure(scenes, SPEC)
    assert await index.count(scenes) == 1


async def test_ensure_from_several_tasks_at_once(index: Index, fresh: Fresh) -> None:
    name = fresh()
    await asyncio.gather(*(index.ensure(name, SPEC) for _ in range(5)))
    assert await index.count(name) == 0


async def test_ensure_refuses_other_vectors(index: Index, scenes: str) -> None:
    for other in OTHER_SPECS:
        with pytest.raises(ConfigurationError, match=scenes):
            await index.ensure(scenes, other)


async def test_ensure_indexes_fields_that_are_new_in_the_spec(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [bare(1, language="en"), bare(2, language="de")])
    await index.ensure(scenes, replace(SPEC, keyword_fields=["language"]))
    await index.ensure(scenes, SPEC)
    assert await index.count(scenes, Filter([Match("language", ["de"])])) == 1


async def test_a_collection_needs_no_vector(index: Index, fresh: Fresh) -> None:
    name = fresh()
    await index.ensure(name, CATALOG)
    await index.upsert(name, [bare(1, status="indexed"), bare(2, status="failed")])
    (point,) = await index.get(name, [uid(2)], with_vectors=True)
    assert (point.payload, point.vectors) == ({"status": "failed"}, {})
    assert await index.count(name, Filter([Match("status", ["indexed"])])) == 1
    await index.ensure(name, CATALOG)


async def test_collections_are_listed_in_order(index: Index, fresh: Fresh) -> None:
    names = [fresh() for _ in range(3)]
    for name in names:
        await index.ensure(name, CATALOG)
    listed = list(await index.collections())
    assert set(names) <= set(listed)
    assert listed == sorted(listed)


async def test_a_dropped_collection_is_gone(index: Index, scenes: str) -> None:
    await index.upsert(scenes, [bare(1)])
    await index.drop(scenes)
    assert scenes not in await index.collections()
    await index.ensure(scenes, SPEC)
    assert await index.count(scenes) == 0


async def test_to_drop_what_is_not_there_is_no_error(index: Index, fresh: Fresh) -> None:
    await index.drop(fresh())


async def test_an_unknown_collection_is_unavailable_for_now(index: Index, fresh: Fresh) -> None:
    name = fresh()
    for call in (
        index.count(name),
        index.get(name, [uid(1)]),
        index.scroll(name),
        index.query(name, [Query("speech", np.ones(6, np.float32), 1)]),
        index.upsert(name, [bare(1)]),
        index.set_payload(name, EVERYTHING, {"a": 1}),
        index.delete(name, EVERYTHING),
    ):
        with pytest.raises(UnknownCollection, match=name) as caught:
            await call
        assert isinstance(caught.value, TransientError)
        assert caught.value.reason == "unknown_collection"


async def test_a_name_that_can_be_none_is_refused(index: Index) -> None:
    with pytest.raises(IndexRefused):
        await index.ensure("../elsewhere", CollectionSpec())
