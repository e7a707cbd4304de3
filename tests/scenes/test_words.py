"""Every word goes to one scene, the one that holds its midpoint."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes_scenes.app import with_words
from rushes_schemas.events import Scene, Word

SCENES = (Scene(index=0, start_ms=1000, end_ms=3000), Scene(index=1, start_ms=3000, end_ms=5000))


def word(text: str, start_ms: int, end_ms: int, joined: bool = False) -> Word:
    return Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=1, joined=joined)


def texts(*words: Word) -> list[str]:
    return [scene.text for scene in with_words(SCENES, words)]


def test_a_word_over_a_cut_goes_where_most_of_it_is() -> None:
    assert texts(word("before", 2500, 3200), word("after", 2900, 3600)) == ["before", "after"]


def test_a_word_whose_midpoint_is_the_cut_begins_the_new_scene() -> None:
    assert texts(word("cut", 2900, 3100)) == ["", "cut"]


def test_words_out_of_the_scenes_go_to_the_nearest() -> None:
    assert texts(word("early", 0, 100), word("late", 9000, 9100)) == ["early", "late"]


def test_joined_words_stand_without_a_space() -> None:
    words = (word("電気", 1000, 1200), word("を", 1200, 1300, joined=True), word("light", 1300, 1400))

    assert texts(*words) == ["電気を light", ""]


def test_a_scene_whose_first_word_is_joined_begins_with_it() -> None:
    assert texts(word("ね", 3100, 3200, joined=True)) == ["", "ね"]


def test_all_else_about_a_scene_stays() -> None:
    (scene,) = with_words([SCENES[0].model_copy(update={"continues": True, "text": "old"})], [])

    assert scene == SCENES[0].model_copy(update={"continues": True, "text": ""})


def test_words_without_a_scene_are_not_lost_in_silence() -> None:
    assert with_words([], []) == ()
    with pytest.raises(ValueError, match="no scene"):
        with_words([], [word("lost", 0, 1)])


times = st.integers(0, 20_000)


@settings(deadline=None)
@given(
    cuts=st.sets(times, min_size=2, max_size=12),
    spans=st.lists(st.tuples(times, st.integers(0, 2000)), max_size=40),
)
def test_each_word_is_said_once_in_order_and_where_its_midpoint_is(
    cuts: set[int], spans: list[tuple[int, int]]
) -> None:
    borders = sorted(cuts)
    scenes = [Scene(index=index, start_ms=start, end_ms=end) for index, (start, end) in enumerate(pairwise(borders))]
    words = [word(f"w{number}", start, start + length) for number, (start, length) in enumerate(spans)]

    filled = with_words(scenes, words)

    said = [scene.text.split() for scene in filled]
    assert Counter(text for texts in said for text in texts) == Counter(word.text for word in words)
    for scene, mine in zip(filled, said, strict=True):
        assert mine == sorted(mine, key=lambda text: int(text[1:]))
        for text in mine:
            spoken = words[int(text[1:])]
            middle = min(max((spoken.start_ms + spoken.end_ms) / 2, borders[0]), borders[-1] - 1)
            assert scene.start_ms <= middle < scene.end_ms
