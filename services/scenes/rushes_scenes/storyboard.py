"""Makes a segment's storyboard: a sheet of small pictures, from the candidates that the one decode has kept."""

from collections.abc import Sequence

import cv2
import numpy as np

from rushes_runtime.errors import TransientError
from rushes_scenes.keyframes import Candidate
from rushes_scenes.video_reader import Picture
from rushes_schemas.storyboard import Storyboard

MAX_TILES = 100
"""Pictures on a sheet; in a longer segment they are further apart."""
COLUMNS = 10
QUALITY = 70


def storyboard(
    candidates: Sequence[Candidate], start_ms: int, end_ms: int, every_ms: int, tile_width: int
) -> tuple[bytes, Storyboard]:
    """Return the sheet as a JPEG, and the description of its tiles.

    A tile shows the candidate nearest to the middle of an equal part of [start_ms, end_ms), about `every_ms` long.
    `candidates` is in order of time and not empty. Raises TransientError if OpenCV can't write the JPEG.
    """
    parts = max(1, min(MAX_TILES, round((end_ms - start_ms) / every_ms)))
    edges = [start_ms + (end_ms - start_ms) * part // parts for part in range(parts + 1)]
    middles = [(edges[part] + edges[part + 1]) / 2 for part in range(parts)]
    nearest = [min(candidates, key=lambda each: abs(each.time_ms - middle)) for middle in middles]
    tiles = _tiles(nearest, tile_width)
    height, width = tiles[0].shape[:2]
    board = Storyboard(
        columns=min(COLUMNS, parts), tile_width=width, tile_height=height, times_ms=tuple(edges[:-1]), end_ms=end_ms
    )
    # The negated floor division rounds the number of rows up; the last row may have black places.
    sheet = np.zeros((-(-parts // board.columns) * height, board.columns * width, 3), np.uint8)
    for number, tile in enumerate(tiles):
        left, top, _, _ = board.place(number)
        sheet[top : top + height, left : left + width] = tile
    done, data = cv2.imencode(".jpg", sheet, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    if not done:
        raise TransientError("a storyboard can't be written as JPEG")
    return data.tobytes(), board


def _tiles(candidates: Sequence[Candidate], width: int) -> list[Picture]:
    """The pictures at one size, in the proportions of the first."""
    first = _decoded(candidates[0])
    height = max(1, round(first.shape[0] * width / first.shape[1]))
    # One picture may fill several tiles; it is decoded once.
    by_time: dict[int, Picture] = {}
    for candidate in candidates:
        if candidate.time_ms not in by_time:
            small = cv2.resize(_decoded(candidate), (width, height), interpolation=cv2.INTER_AREA)
            by_time[candidate.time_ms] = np.asarray(small, np.uint8)
    return [by_time[candidate.time_ms] for candidate in candidates]


def _decoded(candidate: Candidate) -> Picture:
    # At half its size, which is quicker and still larger than a tile.
    return np.asarray(cv2.imdecode(np.frombuffer(candidate.jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_2), np.uint8)
