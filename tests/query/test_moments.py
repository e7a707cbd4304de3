"""Neighbouring scenes that answer together become one moment; nothing else does."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rushes_query.search.moments import FoundMoment, FoundScene, Place, at_most, moments
from rushes_schemas.ids import video_id

A, B = video_id("a" * 64), video_id("b" * 64)
HALF = 0.5


def scene(
    id: str,
    start_ms: int,
    end_ms: int,
    *,
    video: str = A,
    score: float = 1.0,
    continues: bool = False,
    places: tuple[Place, ...] = (),
) -> FoundScene:
    return FoundScene(id, video, start_ms, end_ms, continues, score, places)


def ids(found: list[FoundMoment]) -> list[list[str]]:
    return [[scene.id for scene in moment.scenes] for moment in found]


def test_contiguous_scenes_are_one_moment() -> None:
    (moment,) = moments([scene("2", 4000, 9000), scene("1", 0, 4000)], HALF)
    assert (moment.start_ms, moment.end_ms) == (0, 9000)
    assert ids([moment]) == [["1", "2"]]


def test_a_scene_between_them_that_was_not_found_keeps_them_apart() -> None:
    assert len(moments([scene("1", 0, 4000), scene("3", 5000, 9000)], HALF)) == 2


def test_a_neighbour_that_answers_much_less_is_a_moment_of_its_own() -> None:
    found = [scene("1", 0, 4000, score=0.2), scene("2", 4000, 9000, score=1), scene("3", 9000, 12_000, score=0.5)]
    assert ids(moments(found, HALF)) == [["2", "3"], ["1"]]
    assert ids(moments(found, 0)) == [["1", "2", "3"]]
    assert ids(moments(found, 1)) == [["2"], ["3"], ["1"]]


def test_two_videos_are_two_moments() -> None:
    assert len(moments([scene("1", 0, 4000), scene("2", 4000, 9000, video=B)], HALF)) == 2


def test_a_shot_that_goes_on_in_the_next_segment_is_joined_over_a_small_gap_however_it_answers() -> None:
    assert len(moments([scene("1", 0, 4000), scene("2", 4400, 9000, continues=True, score=0.1)], HALF)) == 1
    assert len(moments([scene("1", 0, 4000), scene("2", 4400, 9000)], HALF)) == 2
    assert len(moments([scene("1", 0, 4000), scene("2", 5400, 9000, continues=True)], HALF)) == 2


def test_scenes_of_two_recipes_that_overlap_are_one_moment() -> None:
    assert len(moments([scene("1", 0, 4000), scene("2", 3000, 9000, score=0.1)], 1)) == 1


def test_the_score_is_the_best_scenes_and_the_places_are_the_best_in_each_leg() -> None:
    first = scene("1", 0, 4000, score=0.2, places=(Place("visual", 5, 0.3), Place("lexical", 1, 9.0)))
    second = scene("2", 4000, 9000, score=0.3, places=(Place("visual", 2, 0.4),))
    (moment,) = moments([first, second], HALF)
    assert moment.score == 0.3
    assert moment.places == (Place("lexical", 1, 9.0), Place("visual", 2, 0.4))
    assert (moment.best_in("visual"), moment.best_in("lexical"), moment.best_in("speech")) == (second, first, None)


def test_a_video_has_its_best_so_many() -> None:
    found = [scene(str(n), n * 10_000, n * 10_000 + 1000, score=n, video=B if n == 2 else A) for n in range(1, 6)]
    assert ids(at_most(moments(found, HALF), 2)) == [["5"], ["4"], ["2"]]


scenes = st.lists(
    st.builds(
        lambda n, start, length, video, score, continues: scene(
            str(n), start, start + length, video=video, score=score, continues=continues
        ),
        st.integers(0, 10_000), st.integers(0, 60).map(lambda s: s * 1000), st.integers(1, 9000),
        st.sampled_from([A, B]), st.sampled_from([0.0, 0.1, 0.4, 0.5, 1.0]), st.booleans(),
    ),
    max_size=30,
    unique_by=lambda found: found.id,
)  # fmt: skip
together = st.sampled_from([0.0, 0.5, 1.0])


@given(scenes, together)
def test_moments_never_overlap_and_hold_every_scene_once(found: list[FoundScene], ratio: float) -> None:
    made = moments(found, ratio)
    assert sorted(each.id for moment in made for each in moment.scenes) == sorted(each.id for each in found)
    assert [moment.score for moment in made] == sorted((moment.score for moment in made), reverse=True)
    for moment in made:
        assert {each.video_id for each in moment.scenes} == {moment.video_id}
        assert moment.start_ms == min(each.start_ms for each in moment.scenes)
        assert moment.start_ms < moment.end_ms
    for video in (A, B):
        of_it = sorted((m for m in made if m.video_id == video), key=lambda m: m.start_ms)
        assert all(before.end_ms <= after.start_ms for before, after in pairwise(of_it))


@given(scenes, together, st.randoms())
def test_the_order_in_which_scenes_arrive_does_not_matter(
    found: list[FoundScene], ratio: float, random: Random
) -> None:
    assert moments(random.sample(found, len(found)), ratio) == moments(found, ratio)


@given(scenes, together)
def test_what_joins_a_moment_answers_nearly_as_well_as_its_best(found: list[FoundScene], ratio: float) -> None:
    apart = [each for each in found if not each.continues]
    made = moments(apart, ratio)
    lone = [m for m in made if all(b.end_ms <= a.start_ms for b, a in pairwise(m.scenes))]
    assert all(each.score >= ratio * moment.score for moment in lone for each in moment.scenes)


@given(scenes, st.integers(1, 3))
def test_no_video_has_more_than_it_may_and_the_best_stay(found: list[FoundScene], most: int) -> None:
    made = moments(found, HALF)
    kept = at_most(made, most)
    assert kept == [m for m in made if [o for o in made if o.video_id == m.video_id].index(m) < most]
