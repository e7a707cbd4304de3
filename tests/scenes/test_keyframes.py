"""Which pictures are chosen to stand for a scene."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rushes_scenes.keyframes import chosen
from rushes_scenes.pictures import Candidate


def candidates(*times_ms: int, dark: frozenset[int] = frozenset()) -> list[Candidate]:
    return [Candidate(ms, b"jpeg", ms in dark) for ms in times_ms]


def times(picked: list[Candidate]) -> list[int]:
    return [candidate.time_ms for candidate in picked]


EVERY_250 = range(0, 12_000, 250)


def test_they_are_spread_over_the_scene() -> None:
    assert times(chosen(candidates(*EVERY_250), 3000, 9000, 3)) == [4000, 6000, 8000]


def test_a_short_scene_has_fewer() -> None:
    assert times(chosen(candidates(*EVERY_250), 3000, 4300, 3)) == [3250, 4000]
    assert times(chosen(candidates(*EVERY_250), 3000, 3700, 3)) == [3250]


def test_the_first_and_last_frames_are_avoided() -> None:
    assert times(chosen(candidates(3000, 3200, 3390), 3000, 3400, 1)) == [3200]


def test_a_scene_of_one_picture_has_that_one() -> None:
    assert times(chosen(candidates(3000), 3000, 9000, 3)) == [3000]


def test_dark_pictures_are_avoided_where_there_is_a_better_one_near() -> None:
    dark = frozenset({4000, 4250, 6000})

    assert times(chosen(candidates(*EVERY_250, dark=dark), 3000, 9000, 3)) == [3750, 5750, 8000]


def test_a_dark_scene_has_dark_pictures() -> None:
    picked = chosen(candidates(*EVERY_250, dark=frozenset(EVERY_250)), 3000, 9000, 3)

    assert times(picked) == [4000, 6000, 8000]


def test_no_candidate_no_keyframe() -> None:
    assert chosen(candidates(100, 9000), 3000, 9000, 3) == []


@settings(deadline=None)
@given(
    st.sets(st.integers(0, 20_000), max_size=60),
    st.integers(0, 19_000),
    st.integers(1, 20_000),
    st.integers(1, 10),
)
def test_they_lie_in_the_scene_in_order_and_there_is_one_if_there_can_be(
    at: set[int], start_ms: int, length_ms: int, most: int
) -> None:
    end_ms = start_ms + length_ms

    picked = times(chosen(candidates(*sorted(at)), start_ms, end_ms, most))

    assert picked == sorted(set(picked))
    assert len(picked) <= most
    assert all(start_ms <= ms < end_ms for ms in picked)
    assert bool(picked) == any(start_ms <= ms < end_ms for ms in at)
