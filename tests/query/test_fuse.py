"""Reciprocal rank fusion: against the formula, and what must hold for any lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushes_query.search.moments import Fused, Place, Scored, fuse
from rushes_schemas.index import LEGS, Leg

EQUAL: dict[Leg, float] = dict.fromkeys(LEGS, 1.0)

entries = st.lists(st.builds(Scored, st.sampled_from("abcdefgh"), st.floats(0, 1)), unique_by=lambda entry: entry.id)
legs = st.dictionaries(st.sampled_from(LEGS), entries)


def test_the_formula() -> None:
    found = fuse(
        {"visual": [Scored("a", 0.9), Scored("b", 0.5)], "speech": [Scored("b", 0.4)]},
        {"visual": 1.0, "speech": 2.0, "lexical": 1.0},
        k=60,
    )
    assert [one.id for one in found] == ["b", "a"]
    assert [one.score for one in found] == pytest.approx([1 / 62 + 2 / 61, 1 / 61])
    assert found[0].places == (Place("visual", 2, 0.5), Place("speech", 1, 0.4))


def test_found_by_two_legs_beats_first_in_one() -> None:
    found = fuse(
        {"visual": [Scored("a", 1), Scored("b", 0.9)], "lexical": [Scored("c", 9), Scored("b", 8)]}, EQUAL, k=60
    )
    assert found[0].id == "b"


@given(legs)
def test_everything_is_there_once_best_first_with_its_places(lists: dict[Leg, list[Scored]]) -> None:
    found = fuse(lists, EQUAL, k=60)
    assert sorted(one.id for one in found) == sorted({entry.id for its in lists.values() for entry in its})
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    told = {(one.id, place.leg): place.score for one in found for place in one.places}
    assert told == {(entry.id, leg): entry.score for leg, its in lists.items() for entry in its}


@given(legs, st.randoms())
def test_the_order_in_which_equals_arrive_does_not_matter(lists: dict[Leg, list[Scored]], random: object) -> None:
    shuffled = {leg: sorted(its, key=lambda _: random.random()) for leg, its in lists.items()}  # type: ignore[attr-defined]
    assert fuse(shuffled, EQUAL, k=60) == fuse(lists, EQUAL, k=60)


@given(legs)
def test_a_better_score_in_one_leg_never_ranks_worse_there(lists: dict[Leg, list[Scored]]) -> None:
    for one in fuse(lists, EQUAL, k=60):
        for place in one.places:
            better = [entry for entry in lists[place.leg] if entry.score > place.score]
            assert place.rank == 1 + len(better)


@given(legs, st.permutations(LEGS))
def test_the_order_of_the_legs_does_not_matter(lists: dict[Leg, list[Scored]], order: list[Leg]) -> None:
    others = {leg: lists[leg] for leg in order if leg in lists}
    told = [(one.id, sorted(one.places, key=lambda place: place.leg)) for one in fuse(others, EQUAL, k=60)]
    assert told == [(one.id, sorted(one.places, key=lambda place: place.leg)) for one in fuse(lists, EQUAL, k=60)]


@given(legs, st.lists(st.integers(0, 2), min_size=8, max_size=8))
def test_the_order_of_the_shards_does_not_matter(lists: dict[Leg, list[Scored]], homes: list[int]) -> None:
    """Each point lives in one of three shards, whose lists are laid one after the other in two ways."""

    def from_shards(shards: list[int]) -> dict[Leg, list[Scored]]:
        return {
            leg: [entry for shard in shards for entry in its if homes["abcdefgh".index(entry.id)] == shard]
            for leg, its in lists.items()
        }

    assert fuse(from_shards([0, 1, 2]), EQUAL, k=60) == fuse(from_shards([2, 0, 1]), EQUAL, k=60)


@given(legs)
def test_equal_scores_have_equal_ranks_and_the_order_of_their_ids(lists: dict[Leg, list[Scored]]) -> None:
    flat = {leg: [Scored(entry.id, 0.5) for entry in its] for leg, its in lists.items()}
    found = fuse(flat, EQUAL, k=60)
    assert {place.rank for one in found for place in one.places} <= {1}
    assert [one.id for one in found] == sorted((one.id for one in found), key=lambda each: (-_score(found, each), each))


def _score(found: list[Fused], id: str) -> float:
    return next(one.score for one in found if one.id == id)
