"""Which life of a video is stored, and which have ended.

A video's id is a function of its bytes, so bytes that are sent again after a deletion are the same id. A counter in the
store tells its lives apart, whatever any clock says:

videos/<video id>/source.json   what is stored, and its generation: the life that these bytes are
deleted/<hash>.json             the mark, by a hash of the video's id: the generation that ended last, when, what was
                                found and left, and which uploads had come before. Nothing of the video is in it.

What is stored has the generation after the mark's; what speaks of the mark's or an earlier one is dropped. See
docs/decisions/0007-deletion.md and 0017-generations.md.
"""

import asyncio
import hashlib
import re
import time
from functools import partial

from pydantic import BaseModel

from rushes_runtime.artefacts import read
from rushes_runtime.blobs import BlobMissing, Blobs
from rushes_runtime.stored_json import parsed
from rushes_schemas.artefacts import Source, source_key, source_note_key
from rushes_schemas.ids import video_id

MARKS = "deleted"
ORDERS = "deleting"

IS_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Mark(BaseModel):
    """What is left of a video. `found` and `left` count its things by the stage that made them; times are in ms since
    the Unix epoch."""

    generation: int = 1
    """The life that ended last."""
    at: int
    finished_at: int | None = None
    found: dict[str, int] = {}
    left: dict[str, int] = {}
    told: list[int] | None = None
    """The times in the deletions' events that named no generation: one that comes again is known by it. None in a mark
    of before there were generations."""
    uploads: list[str] = []
    """The uploads that had been accepted before it: such an event that comes late, or once more, is dropped."""


def mark_key(video: str) -> str:
    """Where the mark of a video lies."""
    return f"{MARKS}/{hashlib.sha256(video.encode()).hexdigest()[:32]}.json"


def order_key(video: str) -> str:
    """Where a deletion of a video lies that is not finished."""
    return f"{ORDERS}/{video}.json"


async def mark_of(blobs: Blobs, video: str) -> Mark | None:
    """The mark of a video's last deletion, or None where there was none."""
    return await read(blobs, mark_key(video), Mark, partial(_mark_again, blobs, video))


async def find_source(blobs: Blobs, video: str) -> Source | None:
    """What is stored of a video, or None where nothing is; and of what is no id, nothing is. A note on the bytes that
    can't be read is made again from the bytes, which are read for it."""
    if not IS_ID.fullmatch(video):
        return None
    found = await read(blobs, source_note_key(video), Source, partial(_source_again, blobs, video))
    if found is None or found.generation:
        return found
    return found.model_copy(update={"generation": _generation_of_old(found.stored_at, await mark_of(blobs, video))})


async def next_generation(blobs: Blobs, video: str) -> int:
    """The life that bytes are which are stored now, where none are."""
    mark = await mark_of(blobs, video)
    return mark.generation + 1 if mark else 1


async def is_deleted(blobs: Blobs, video: str, generation: int, stored_at: int = 0) -> bool:
    """Whether this life of a video has ended. Of what says no generation (0), `stored_at` tells, in ms since the Unix
    epoch, as it did before there were generations."""
    mark = await mark_of(blobs, video)
    if mark is None:
        return False
    return generation <= mark.generation if generation else stored_at <= mark.at


async def is_stored_since(blobs: Blobs, video: str, mark: Mark) -> bool:
    """Whether the video's bytes were sent again after its deletion."""
    source = await find_source(blobs, video)
    return source is not None and source.generation > mark.generation


def _generation_of_old(stored_at: int, mark: Mark | None) -> int:
    if mark is None:
        return 1
    return mark.generation + 1 if stored_at > mark.at else mark.generation


async def _source_again(blobs: Blobs, video: str) -> Source | None:
    """From the bytes, unless they are not those of this id."""
    digest, size = hashlib.sha256(), 0
    try:
        async for chunk in blobs.stream(source_key(video)):
            await asyncio.to_thread(digest.update, chunk)
            size += len(chunk)
    except BlobMissing:
        return None
    sha256 = digest.hexdigest()
    if video_id(sha256) != video:
        return None
    generation = await next_generation(blobs, video)
    return Source(
        video_id=video, sha256=sha256, size_bytes=size, stored_at=round(time.time() * 1000), generation=generation
    )


async def _mark_again(blobs: Blobs, video: str) -> Mark:
    """What is stored is a life after a deletion; the one before has ended. While a deletion goes on, it is its own."""
    stored = source_note_key(video)
    try:
        source = parsed(stored, Source, await blobs.get(stored))
    except (BlobMissing, ValueError):
        return Mark(generation=1, at=0, finished_at=0, told=[])
    if await blobs.exists(order_key(video)):
        return Mark(generation=max(1, source.generation), at=source.stored_at, told=[])
    return Mark(generation=max(1, source.generation - 1), at=0, finished_at=0, told=[])
