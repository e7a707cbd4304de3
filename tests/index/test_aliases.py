"""Aliases: names that can be moved from one collection to another in one step."""

from collections.abc import Callable

import numpy as np
import pytest

from rushes_runtime.index.port import EVERYTHING, Index, IndexRefused, Query, UnknownCollection

from .samples import CATALOG, SPEC, bare, scene, uid

Fresh = Callable[[], str]


async def test_an_alias_means_nothing_until_it_is_pointed(index: Index, fresh: Fresh) -> None:
    assert await index.resolve(fresh()) is None


async def test_an_alias_moves(index: Index, fresh: Fresh) -> None:
    alias, old, new = fresh(), fresh(), fresh()
    for number, name in enumerate((old, new)):
        await index.ensure(name, CATALOG)
        await index.upsert(name, [bare(number)])
    for number, name in enumerate((old, new)):
        await index.point_alias(alias, name)
        assert await index.resolve(alias) == name
        assert [point.id for point in (await index.scroll(alias)).points] == [uid(number)]
    assert alias not in await index.collections()


async def test_to_point_an_alias_where_it_points_is_no_error(index: Index, scenes: str, fresh: Fresh) -> None:
    alias = fresh()
    await index.point_alias(alias, scenes)
    await index.point_alias(alias, scenes)
    assert await index.resolve(alias) == scenes


async def test_an_alias_is_a_name_in_every_method(
    index: Index, scenes: str, fresh: Fresh, random: np.random.Generator
) -> None:
    alias = fresh()
    await index.point_alias(alias, scenes)
    await index.ensure(alias, SPEC)
    points = [scene(number, random) for number in range(3)]
    await index.upsert(alias, points)
    await index.set_payload(alias, EVERYTHING, {"title": "Tea"})
    (found,) = await index.query(alias, [Query("speech", np.ones(6, np.float32), 3)])
    assert {hit.payload["title"] for hit in found} == {"Tea"}
    assert len(await index.get(alias, [uid(0), uid(1)])) == 2
    assert await index.count(alias) == await index.count(scenes) == 3
    await index.delete(alias, EVERYTHING)
    assert await index.count(scenes) == 0
    await index.drop(alias)
    assert scenes not in await index.collections()


async def test_an_alias_goes_with_its_collection(index: Index, scenes: str, fresh: Fresh) -> None:
    alias = fresh()
    await index.point_alias(alias, scenes)
    await index.drop(scenes)
    assert await index.resolve(alias) is None
    with pytest.raises(UnknownCollection):
        await index.count(alias)


async def test_an_alias_of_nothing_is_an_error_and_leaves_it_where_it_was(
    index: Index, scenes: str, fresh: Fresh
) -> None:
    alias = fresh()
    await index.point_alias(alias, scenes)
    with pytest.raises(UnknownCollection):
        await index.point_alias(alias, fresh())
    assert await index.resolve(alias) == scenes


async def test_a_collection_is_no_alias(index: Index, scenes: str, fresh: Fresh) -> None:
    other = fresh()
    await index.ensure(other, CATALOG)
    with pytest.raises(IndexRefused, match=other):
        await index.point_alias(other, scenes)
