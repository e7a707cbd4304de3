"""The storyboard: a sheet of small pictures, out of those that the one decode of the segment kept anyway."""

from collections.abc import Sequence

import cv2
import numpy as np

from rushes_runtime.errors import TransientError
from rushes_scenes.film import Picture
from rushes_scenes.pictures import Candidate
from rushes_schemas.storyboard import Storyboard

MOST = 100
"""Pictures on a sheet; a longer segment has them further apart."""
COLUMNS = 10
QUALITY = 70


def storyboard(
    candidates: Sequence[Candidate], start_ms: int, end_ms: int, every_ms: int, tile_width: int
) -> tuple[bytes, Storyboard]:
    """The sheet as a JPEG, and what is where on it: the picture nearest to the middle of each equal part of
    [start_ms, end_ms), about `every_ms` long. The candidates are in order of time, and at least one."""
    parts = max(1, min(MOST, round((end_ms - start_ms) / every_ms)))
    edges = [start_ms + (end_ms - start_ms) * part // parts for part in range(parts + 1)]
    middles = [(edges[part] + edges[part + 1]) / 2 for part in range(parts)]
    nearest = [min(candidates, key=lambda each: abs(each.time_ms - middle)) for middle in middles]
    tiles = _tiles(nearest, tile_width)
    height, width = tiles[0].shape[:2]
    board = Storyboard(
        columns=min(COLUMNS, parts), tile_width=width, tile_height=height, times_ms=tuple(edges[:-1]), end_ms=end_ms
    )
    sheet = np.zeros((-(-parts // board.columns) * height, board.columns * width, 3), np.uint8)
    for number, tile in enumerate(tiles):
        left, top, _, _ = board.place(number)
        sheet[top : top + height, left : left + width] = tile
    done, data = cv2.imencode(".jpg", sheet, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    if not done:
        raise TransientError("a storyboard can't be written as JPEG")
    return data.tobytes(), board


def _tiles(pictures: Sequence[Candidate], width: int) -> list[Picture]:
    """The pictures at one size, in the proportions of the first; each is decoded once, however often it stands."""
    first = _decoded(pictures[0])
    height = max(1, round(first.shape[0] * width / first.shape[1]))
    made: dict[int, Picture] = {}
    for picture in pictures:
        if picture.time_ms not in made:
            small = cv2.resize(_decoded(picture), (width, height), interpolation=cv2.INTER_AREA)
            made[picture.time_ms] = np.asarray(small, np.uint8)
    return [made[picture.time_ms] for picture in pictures]


def _decoded(picture: Candidate) -> Picture:
    """Decoded at half its size, which is quicker and still larger than a tile."""
    return np.asarray(cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_2), np.uint8)
