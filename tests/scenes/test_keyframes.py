"""Keyframes: when candidates are kept, what they look like, and which of them stand for a scene."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenes.films import black, scenery, write

from rushes_scenes.keyframes import (
    CANDIDATE_EVERY_MS,
    MAX_REGULAR_CANDIDATES,
    Candidate,
    CandidateCollector,
    Thumbnails,
    choose_keyframes,
)
from rushes_scenes.video_reader import Picture, TimedFrame, open_video

SMALL = Thumbnails(width=64, quality=80)


def first(path: Path) -> tuple[TimedFrame, Fraction]:
    """A film's first frame, and the shape of its pixels."""
    with open_video(str(path), path.name) as film:
        shown = next(film.frames(0, 0))
        assert shown.picture.size
        return shown, film.pixel_aspect


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> TimedFrame:
    return first(write(tmp_path_factory.mktemp("still") / "still.mp4", [(0, scenery(1))]))[0]


def at(still: TimedFrame, ms: int) -> TimedFrame:
    return TimedFrame(still.frame, ms, ms)


def kept(
    still: TimedFrame, times_ms: range, pictures: CandidateCollector, cuts: dict[int, int] | None = None
) -> list[Candidate]:
    """What is kept of frames at these times, if at some of them a cut becomes known."""
    for ms in times_ms:
        pictures.feed(at(still, ms), [(cuts or {})[ms]] if ms in (cuts or {}) else [])
    return pictures.candidates()


def test_one_is_kept_every_so_often_and_all_lie_in_the_segment(still: TimedFrame) -> None:
    candidates = kept(still, range(0, 4000, 40), CandidateCollector(1000, 2000, 2, SMALL))

    assert [each.time_ms for each in candidates] == [1000, 1280, 1560, 1840]


def test_a_new_shot_has_one_at_its_first_frame(still: TimedFrame) -> None:
    candidates = kept(
        still, range(0, 4000, 40), CandidateCollector(1000, 2000, 2, SMALL), cuts={2040: 1960, 1480: 1400}
    )

    assert [each.time_ms for each in candidates] == [1000, 1280, 1400, 1560, 1840, 1960]


def test_before_its_first_frame_a_segment_shows_the_one_before(still: TimedFrame) -> None:
    assert [each.time_ms for each in kept(still, range(0, 1800, 600), CandidateCollector(900, 1400, 2, SMALL))] == [
        900,
        1200,
    ]
    assert [each.time_ms for each in kept(still, range(0, 1800, 600), CandidateCollector(1300, 1400, 2, SMALL))] == [
        1300
    ]


def test_a_long_segment_keeps_no_more_than_its_share(still: TimedFrame) -> None:
    length_ms = 10 * MAX_REGULAR_CANDIDATES * CANDIDATE_EVERY_MS

    assert (
        len(kept(still, range(0, length_ms, 200), CandidateCollector(0, length_ms, 2, SMALL)))
        <= MAX_REGULAR_CANDIDATES + 1
    )


def size(jpeg: bytes) -> tuple[int, int]:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape[1], picture.shape[0]


@pytest.mark.parametrize(
    ("stored", "pixel_aspect", "rotation", "width", "expected"),
    [
        ((640, 360), 1, 0, 320, (320, 180)),
        ((320, 180), 1, 0, 640, (320, 180)),
        ((720, 576), Fraction(64, 45), 0, 640, (640, 360)),
        ((480, 480), Fraction(1, 2), 0, 640, (240, 480)),
        ((640, 360), 1, 90, 180, (180, 320)),
        ((640, 360), 1, 180, 320, (320, 180)),
    ],
)
def test_a_thumbnail_has_the_proportions_that_are_displayed(
    tmp_path: Path,
    stored: tuple[int, int],
    pixel_aspect: Fraction,
    rotation: int,
    width: int,
    expected: tuple[int, int],
) -> None:
    path = write(tmp_path / "one.mp4", [(0, scenery(1, stored))], pixel_aspect=pixel_aspect, rotation=rotation)
    shown, aspect = first(path)
    thumbnails = Thumbnails(width, 80, aspect)

    assert size(thumbnails.jpeg(thumbnails.thumbnail(shown))) == expected


def test_a_rotated_film_is_turned_upright(tmp_path: Path) -> None:
    """90 degrees counterclockwise: what is stored at the right is displayed at the top."""
    picture: Picture = black((128, 64))
    picture[:, 96:] = 255
    shown, _ = first(write(tmp_path / "one.mp4", [(0, picture)], rotation=90))

    upright = Thumbnails(64, 80).thumbnail(shown)

    assert upright.shape[:2] == (128, 64)
    assert upright[:24].mean() > 200
    assert upright[40:].mean() < 50


def test_dark_is_told_from_dim(still: TimedFrame) -> None:
    assert SMALL.dark(black())
    assert not SMALL.dark(SMALL.thumbnail(still))


def candidates(*times_ms: int, dark: frozenset[int] = frozenset()) -> list[Candidate]:
    return [Candidate(ms, b"jpeg", ms in dark) for ms in times_ms]


def times(picked: list[Candidate]) -> list[int]:
    return [candidate.time_ms for candidate in picked]


EVERY_250 = range(0, 12_000, 250)


def test_they_are_spread_over_the_scene() -> None:
    assert times(choose_keyframes(candidates(*EVERY_250), 3000, 9000, 3)) == [4000, 6000, 8000]


def test_a_short_scene_has_fewer() -> None:
    assert times(choose_keyframes(candidates(*EVERY_250), 3000, 4300, 3)) == [3250, 4000]
    assert times(choose_keyframes(candidates(*EVERY_250), 3000, 3700, 3)) == [3250]


def test_the_first_and_last_frames_are_avoided() -> None:
    assert times(choose_keyframes(candidates(3000, 3200, 3390), 3000, 3400, 1)) == [3200]


def test_a_scene_of_one_picture_has_that_one() -> None:
    assert times(choose_keyframes(candidates(3000), 3000, 9000, 3)) == [3000]


def test_dark_pictures_are_avoided_where_there_is_a_better_one_near() -> None:
    dark = frozenset({4000, 4250, 6000})

    assert times(choose_keyframes(candidates(*EVERY_250, dark=dark), 3000, 9000, 3)) == [3750, 5750, 8000]


def test_a_dark_scene_has_dark_pictures() -> None:
    picked = choose_keyframes(candidates(*EVERY_250, dark=frozenset(EVERY_250)), 3000, 9000, 3)

    assert times(picked) == [4000, 6000, 8000]


def test_no_candidate_no_keyframe() -> None:
    assert choose_keyframes(candidates(100, 9000), 3000, 9000, 3) == []


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

    picked = times(choose_keyframes(candidates(*sorted(at)), start_ms, end_ms, most))

    assert picked == sorted(set(picked))
    assert len(picked) <= most
    assert all(start_ms <= ms < end_ms for ms in picked)
    assert bool(picked) == any(start_ms <= ms < end_ms for ms in at)
