"""The storyboard's sheet, out of pictures whose places are known."""

import cv2
import numpy as np
import pytest

from rushes_scenes.keyframes import Candidate
from rushes_scenes.storyboard import MAX_TILES, storyboard


def grey(time_ms: int, level: int, width: int = 640, height: int = 360) -> Candidate:
    done, jpeg = cv2.imencode(".jpg", np.full((height, width, 3), level, np.uint8))
    assert done
    return Candidate(time_ms, jpeg.tobytes(), dark=False)


def levels(sheet: bytes, places: list[tuple[int, int, int, int]]) -> list[int]:
    """The mean brightness of each tile."""
    picture = cv2.imdecode(np.frombuffer(sheet, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return [round(float(picture[top : top + high, left : left + wide].mean())) for left, top, wide, high in places]


def test_each_tile_shows_what_is_on_show_in_the_middle_of_its_time() -> None:
    candidates = [grey(second * 1000, second * 10) for second in range(24)]
    sheet, board = storyboard(candidates, 0, 24_000, every_ms=2000, tile_width=160)
    assert board.times_ms == tuple(range(0, 24_000, 2000)) and board.end_ms == 24_000
    assert (board.columns, board.tile_width, board.tile_height) == (10, 160, 90)
    places = [board.place(number) for number in range(12)]
    assert places[0] == (0, 0, 160, 90) and places[11] == (160, 90, 160, 90)
    shown = levels(sheet, places)
    assert all(abs(level - (number * 2 + 1) * 10) <= 2 for number, level in enumerate(shown))


@pytest.mark.parametrize(
    ("length_ms", "tiles"), [(100, 1), (2900, 1), (3100, 2), (120_000, 60), (3_600_000, MAX_TILES)]
)
def test_a_long_segment_has_its_pictures_further_apart(length_ms: int, tiles: int) -> None:
    _, board = storyboard([grey(0, 50), grey(1000, 90)], 5000, 5000 + length_ms, every_ms=2000, tile_width=16)
    assert len(board.times_ms) == tiles
    assert board.times_ms[0] == 5000 and board.end_ms == 5000 + length_ms


def test_an_upright_video_has_upright_tiles() -> None:
    _, board = storyboard([grey(0, 50, width=360, height=640)], 0, 4000, every_ms=2000, tile_width=90)
    assert (board.tile_width, board.tile_height, board.columns) == (90, 160, 2)
