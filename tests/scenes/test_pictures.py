"""Pictures that may stand for a scene: when they are taken, and what they look like."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.scenes.films import black, scenery, write

from rushes_scenes.film import Picture, Shown, opened
from rushes_scenes.pictures import EVERY_MS, MOST, Candidate, Pictures
from rushes_scenes.thumbnail import Thumbnails

SMALL = Thumbnails(width=64, quality=80)


def first(path: Path) -> tuple[Shown, Fraction]:
    """A film's first frame, and the shape of its pixels."""
    with opened(str(path), path.name) as film:
        shown = next(film.frames(0, 0))
        assert shown.picture.size
        return shown, film.pixel_aspect


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return first(write(tmp_path_factory.mktemp("still") / "still.mp4", [(0, scenery(1))]))[0]


def at(still: Shown, ms: int) -> Shown:
    return Shown(still.frame, ms, ms)


def kept(still: Shown, times_ms: range, pictures: Pictures, cuts: dict[int, int] | None = None) -> list[Candidate]:
    """What is kept of frames at these times, if at some of them a cut becomes known."""
    for ms in times_ms:
        pictures.see(at(still, ms), [(cuts or {})[ms]] if ms in (cuts or {}) else [])
    return pictures.candidates()


def test_one_is_kept_every_so_often_and_all_lie_in_the_segment(still: Shown) -> None:
    candidates = kept(still, range(0, 4000, 40), Pictures(1000, 2000, 2, SMALL))

    assert [each.time_ms for each in candidates] == [1000, 1280, 1560, 1840]


def test_a_new_shot_has_one_at_its_first_frame(still: Shown) -> None:
    candidates = kept(still, range(0, 4000, 40), Pictures(1000, 2000, 2, SMALL), cuts={2040: 1960, 1480: 1400})

    assert [each.time_ms for each in candidates] == [1000, 1280, 1400, 1560, 1840, 1960]


def test_before_its_first_frame_a_segment_shows_the_one_before(still: Shown) -> None:
    assert [each.time_ms for each in kept(still, range(0, 1800, 600), Pictures(900, 1400, 2, SMALL))] == [
        900,
        1200,
    ]
    assert [each.time_ms for each in kept(still, range(0, 1800, 600), Pictures(1300, 1400, 2, SMALL))] == [1300]


def test_a_long_segment_keeps_no_more_than_its_share(still: Shown) -> None:
    length_ms = 10 * MOST * EVERY_MS

    assert len(kept(still, range(0, length_ms, 200), Pictures(0, length_ms, 2, SMALL))) <= MOST + 1


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


def test_dark_is_told_from_dim(still: Shown) -> None:
    assert SMALL.dark(black())
    assert not SMALL.dark(SMALL.thumbnail(still))
