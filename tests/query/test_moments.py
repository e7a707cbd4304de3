"""Neighbouring scenes become one moment; nothing else does."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rushes_query.fuse import Place
from rushes_query.moments import FoundScene, moments
from rushes_schemas.ids import video_id
from rushes_schemas.index import ScenePayload

A, B = video_id("a" * 64), video_id("b" * 64)


def scene(
    id: str,
    start_ms: int,
    end_ms: int,
    *,
    video: str = A,
    score: float = 1.0,
    text: str = "",
    fallback: bool = False,
    continues: bool = False,
    thumbnail: bool = True,
    places: tuple[Place, ...] = (),
) -> FoundScene:
    payload = ScenePayload(
        video_id=video, segment=0, scene=0, start_ms=start_ms, end_ms=end_ms, continues=continues, title=None,
        text=text, language=None, fallback=fallback, thumbnail_uri="blob:x" if thumbnail else None, recipe="r",
    )  # fmt: skip
    return FoundScene(id, payload, score, places)


def test_contiguous_scenes_are_one_moment() -> None:
    (moment,) = moments([scene("2", 4000, 9000, text="there."), scene("1", 0, 4000, text="Hello")])
    assert (moment.start_ms, moment.end_ms, moment.text) == (0, 9000, "Hello there.")
    assert [each.id for each in moment.scenes] == ["1", "2"]


def test_a_scene_between_them_that_was_not_found_keeps_them_apart() -> None:
    assert len(moments([scene("1", 0, 4000), scene("3", 5000, 9000)])) == 2


def test_two_videos_are_two_moments() -> None:
    assert len(moments([scene("1", 0, 4000), scene("2", 4000, 9000, video=B)])) == 2


def test_a_shot_that_goes_on_in_the_next_segment_is_joined_over_a_small_gap() -> None:
    assert len(moments([scene("1", 0, 4000), scene("2", 4400, 9000, continues=True)])) == 1
    assert len(moments([scene("1", 0, 4000), scene("2", 4400, 9000)])) == 2


def test_the_score_is_the_best_scenes_and_the_places_are_the_best_in_each_leg() -> None:
    first = scene("1", 0, 4000, score=0.2, places=(Place("visual", 5, 0.3), Place("lexical", 1, 9.0)))
    second = scene("2", 4000, 9000, score=0.3, places=(Place("visual", 2, 0.4),))
    (moment,) = moments([first, second])
    assert moment.score == 0.3
    assert moment.places == (Place("lexical", 1, 9.0), Place("visual", 2, 0.4))


def test_the_picture_is_the_one_that_was_seen_best() -> None:
    heard = scene("1", 0, 4000, score=0.9, places=(Place("speech", 1, 0.9),))
    seen = scene("2", 4000, 9000, score=0.1, places=(Place("visual", 3, 0.4),))
    assert moments([heard, seen])[0].thumbnail_scene == "2"
    assert moments([heard])[0].thumbnail_scene == "1"
    assert moments([scene("1", 0, 1, thumbnail=False)])[0].thumbnail_scene is None


def test_what_stands_in_for_words_is_shown_only_where_there_are_none() -> None:
    silent = [scene("1", 0, 1000, text="Title", fallback=True), scene("2", 1000, 2000, text="Title", fallback=True)]
    assert moments(silent)[0].text == "Title"
    assert moments([*silent, scene("3", 2000, 3000, text="Words.")])[0].text == "Words."


scenes = st.lists(
    st.builds(
        lambda n, start, length, video, score, continues: scene(
            str(n), start, start + length, video=video, score=score, continues=continues
        ),
        st.integers(0, 10_000), st.integers(0, 60_000), st.integers(1, 9000), st.sampled_from([A, B]),
        st.floats(0, 1), st.booleans(),
    ),
    max_size=30,
    unique_by=lambda found: found.id,
)  # fmt: skip


@given(scenes)
def test_moments_never_overlap_and_hold_every_scene_once(found: list[FoundScene]) -> None:
    made = moments(found)
    assert sorted(each.id for moment in made for each in moment.scenes) == sorted(each.id for each in found)
    assert [moment.score for moment in made] == sorted((moment.score for moment in made), reverse=True)
    for moment in made:
        assert {each.payload.video_id for each in moment.scenes} == {moment.video_id}
        assert moment.start_ms == min(each.payload.start_ms for each in moment.scenes)
    for video in (A, B):
        of_it = sorted((m for m in made if m.video_id == video), key=lambda m: m.start_ms)
        assert all(before.end_ms < after.start_ms for before, after in pairwise(of_it))
