"""Reciprocal rank fusion: against the formula, and what must hold for any lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushes_query.fuse import Place, Scored, fuse
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
            assert place.rank > len(better)
