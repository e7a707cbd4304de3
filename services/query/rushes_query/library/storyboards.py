"""A video's storyboard as a WebVTT thumbnails track: the players' convention of `sheet.jpg#xywh=left,top,width,height`
(W3C Media Fragments 1.0) for each stretch of time.
"""

import hashlib
from collections.abc import AsyncIterator

from rushes_query.library.subtitles import VTT_HEAD, span
from rushes_runtime.artefacts import read
from rushes_runtime.blobs import Blobs
from rushes_schemas.index import VideoRecord
from rushes_schemas.storyboard import Storyboard, storyboard_key


async def track(record: VideoRecord, blobs: Blobs) -> str:
    """Return the track of the segments with a storyboard so far; URLs are relative to its own. Raises
    BlobsUnavailable."""
    blocks = [block async for block in _blocks(record, blobs)]
    return VTT_HEAD + "".join(blocks)


def recipe_of(record: VideoRecord, segment: int) -> str | None:
    """Return the recipe of a segment's scenes, or None while there are none."""
    entry = record.segments.get(str(segment), {}).get("scenes")
    return entry.recipe if entry else None


def track_version(record: VideoRecord) -> str:
    """Return a version that changes with the track."""
    recipes = [recipe_of(record, segment) for segment in _segments(record)]
    return hashlib.sha256(repr(recipes).encode()).hexdigest()[:24]


async def _blocks(record: VideoRecord, blobs: Blobs) -> AsyncIterator[str]:
    for segment in _segments(record):
        recipe = recipe_of(record, segment)
        board = recipe and await read(blobs, storyboard_key(record.video_id, segment, recipe), Storyboard)
        if board:
            # A thumbnail is displayed until the next one.
            ends = [*board.times_ms[1:], board.end_ms]
            for number, (start_ms, end_ms) in enumerate(zip(board.times_ms, ends, strict=True)):
                place = ",".join(map(str, board.place(number)))
                yield f"\n{span(start_ms, end_ms, '.')}\nstoryboard/{segment}.jpg#xywh={place}\n"


def _segments(record: VideoRecord) -> range:
    return range(record.video.segment_count if record.video else 0)
