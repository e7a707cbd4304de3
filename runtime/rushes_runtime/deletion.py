"""Deleted videos: the order to delete one, the sweep of its blobs, and how every stage drops what still comes in of it.

deleting/<video id>.json   a deletion that is not finished: the event
deleted/<hash>.json        the mark (see `generations`). It stays until the topics hold nothing older any more.

A video that is added again after its deletion is a later generation; its events pass the mark, older ones do not.
"""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from rushes_runtime.artefacts import if_readable, keys_below, read, read_all, video_prefix, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import Dropped, SourceError
from rushes_runtime.generations import (
    MARKS,
    ORDERS,
    Mark,
    find_source,
    is_deleted,
    is_stored_since,
    mark_key,
    mark_of,
    order_key,
)
from rushes_runtime.unreadable import forget_unreadable, unreadable
from rushes_schemas.artefacts import ACCEPTED_UPLOADS, source_note_key
from rushes_schemas.events import Event, SegmentPlanned, VideoDeleted, VideoProgress
from rushes_schemas.stages import maker_of

H = TypeVar("H", bound=Callable[..., Awaitable[Any]])
Undo = Callable[[str], Awaitable[None]]


class BeingDeleted(SourceError):
    """The video can't be taken in again before its deletion is finished."""

    reason = "being_deleted"


class _Generation(BaseModel):
    """As much as is needed of a `source.json`: 0 where it says none."""

    generation: int = 0


async def ending(blobs: Blobs, video_id: str) -> int:
    """The generation that a deletion ends which is asked for now: that of one that is not finished, else of what is
    stored, else the next one, since something of it may be in the index."""
    if (unfinished := await _order_of(blobs, video_id)) and unfinished.generation:
        return unfinished.generation
    source, mark = await find_source(blobs, video_id), await mark_of(blobs, video_id)
    return max(source.generation if source else 0, mark.generation + 1 if mark else 1)


async def order(blobs: Blobs, event: VideoDeleted) -> Mark:
    """Have every stage drop the video from now on, and remember that it is to be removed; the mark that holds now.

    Safe to do twice, and to begin again where it was interrupted; an order for a life that has ended changes nothing.
    """
    known = await mark_of(blobs, event.video_id)
    if known is not None and known.finished_at is not None and _is_done(known, event):
        return known
    generation = event.generation or (
        known.generation if known and _is_done(known, event) else await ending(blobs, event.video_id)
    )
    await _write_down_generation(blobs, event.video_id)
    await write(blobs, order_key(event.video_id), event.model_copy(update={"generation": generation}))
    if known is None or known.generation < generation:
        known = await tell(blobs, event.video_id, await _mark(blobs, event, generation, known))
    return known


def _is_done(known: Mark, event: VideoDeleted) -> bool:
    """Whether the mark holds for what the event asks for. One that names no generation is known by its time; a mark of
    before there were generations knows only its own."""
    if event.generation is not None:
        return event.generation <= known.generation
    return event.at <= known.at if known.told is None else event.at in known.told


async def _mark(blobs: Blobs, event: VideoDeleted, generation: int, known: Mark | None) -> Mark:
    source = await find_source(blobs, event.video_id)
    pending = [key.rsplit("/", 1)[-1].removesuffix(".json") async for key in blobs.list(ACCEPTED_UPLOADS)]
    told = [] if known is None else [known.at] if known.told is None else known.told
    uploads = {*pending, *(known.uploads if known else ()), *(source.uploads if source else ())}
    return Mark(
        generation=generation,
        at=max(event.at, known.at if known else 0, source.stored_at if source else 0),
        told=told if event.generation else [*told, event.at],
        uploads=sorted(uploads),
    )


async def _write_down_generation(blobs: Blobs, video_id: str) -> None:
    """What was stored before there were generations says its own from now on; the mark to come would hide it."""
    source = await find_source(blobs, video_id)
    if source is not None and await read(blobs, key := source_note_key(video_id), _Generation) == _Generation():
        await write(blobs, key, source)


async def _order_of(blobs: Blobs, video_id: str) -> VideoDeleted | None:
    async def again() -> VideoDeleted | None:
        return VideoDeleted(video_id=video_id, at=mark.at, generation=mark.generation) if mark else None

    mark = await mark_of(blobs, video_id)
    return await read(blobs, order_key(video_id), VideoDeleted, again)


async def tell(blobs: Blobs, video_id: str, mark: Mark) -> Mark:
    """Write a video's mark, unless one of a later life is there; the one that holds."""
    known = await mark_of(blobs, video_id)
    if known is not None and known.generation > mark.generation:
        return known
    await write(blobs, mark_key(video_id), mark)
    return mark


async def refuse_while_deleting(blobs: Blobs, video_id: str) -> None:
    """Raise BeingDeleted while the video's deletion is not finished: what is stored now might be swept away."""
    if await blobs.exists(order_key(video_id)):
        raise BeingDeleted(f"the video {video_id} is being deleted; send it again in a moment")


async def strike_out(blobs: Blobs, video_id: str) -> None:
    """The deletion is finished, or the video was added again since it was asked for."""
    await blobs.delete(order_key(video_id))


async def orders(blobs: Blobs) -> AsyncIterator[VideoDeleted]:
    """The deletions that a broker without a memory has to be told of again: those that are not finished, and those of
    whose videos a stage left something behind that was killed at work."""
    async for key in keys_below(blobs, ORDERS):
        video_id = key.removeprefix(f"{ORDERS}/").removesuffix(".json")
        if (event := await if_readable(blobs, key, _order_of(blobs, video_id))) is not None:
            yield event
    async for folder in keys_below(blobs, "videos", folders=True):
        if (event := await if_readable(blobs, folder, _left_behind(blobs, folder.rsplit("/", 1)[-1]))) is not None:
            yield event


async def _left_behind(blobs: Blobs, video_id: str) -> VideoDeleted | None:
    mark = await mark_of(blobs, video_id)
    if mark is None or await is_stored_since(blobs, video_id, mark):
        return None
    return VideoDeleted(video_id=video_id, at=mark.at, generation=mark.generation)


async def forget_marks(blobs: Blobs, before_ms: int) -> None:
    """Remove the marks of deletions before this time, of which no topic holds anything any more."""
    async for key, mark in read_all(blobs, MARKS, Mark):
        if mark.finished_at is not None and mark.at < before_ms:
            await blobs.delete(key)


async def sweep(blobs: Blobs, video_id: str) -> bool:
    """Remove all blobs of a deleted video, unless its bytes were sent again since; whether they were removed."""
    mark = await mark_of(blobs, video_id)
    if mark is None or await is_stored_since(blobs, video_id, mark):
        return False
    await blobs.delete(*[key async for key in blobs.list(video_prefix(video_id))])
    await forget_unreadable(blobs, video_prefix(video_id))
    return True


async def found(blobs: Blobs, video_id: str) -> dict[str, int]:
    """How many blobs there are of a video, by the stage that made them."""
    counts: dict[str, int] = {}
    set_aside = [key async for key in unreadable(blobs, video_prefix(video_id))]
    for key in [*set_aside, *[key async for key in blobs.list(video_prefix(video_id))]]:
        stage = maker(key.rsplit("/", 1)[-1] if "/keyframes-" not in key else "keyframes-")
        counts[stage] = counts.get(stage, 0) + 1
    return counts


def maker(name: str) -> str:
    """Which stage makes blobs that are called so. Pure."""
    first = name.split(".", maxsplit=1)[0].split("-", maxsplit=1)[0]
    return "upload" if first in UPLOADED else maker_of(first) or "other"


UPLOADED = frozenset({"source", "declared"})
"""The blobs that are there before any stage has seen the video."""


@asynccontextmanager
async def unless_deleted(
    blobs: Blobs, video_id: str, generation: int, undo: Undo | None = None, *, stored_at: int = 0
) -> AsyncIterator[None]:
    """Work on a video, unless this life of it has ended, now or in the meantime (see `is_deleted`).

    Looks before the work and after it, and removes then what the work has made: `undo` what it made outside of the
    blob store. Raises Dropped.
    """
    look = functools.partial(_look, blobs, video_id, generation, stored_at, undo)
    await look()
    try:
        yield
    except Exception:
        await look()  # perhaps what it needed was taken away
        raise
    await look()


def drops_deleted(blobs: Blobs, undo: Undo | None = None) -> Callable[[H], H]:
    """Decorate the handler of an event about a video: `unless_deleted` around it."""

    def decorate(handler: H) -> H:
        @functools.wraps(handler)
        async def guarded(event: Event, *others: Any, **named: Any) -> Any:
            video_id, generation, stored_at = _life(event)
            async with unless_deleted(blobs, video_id, generation, undo, stored_at=stored_at):
                return await handler(event, *others, **named)

        return cast(H, guarded)

    return decorate


async def _look(blobs: Blobs, video_id: str, generation: int, stored_at: int, undo: Undo | None) -> None:
    if await is_deleted(blobs, video_id, generation, stored_at):
        if await sweep(blobs, video_id) and undo is not None:
            await undo(video_id)
        raise Dropped(f"the video {video_id} was deleted")


def _life(event: Event) -> tuple[str, int, int]:
    """Which video an event is about, which life of it, and when its bytes were sent."""
    if isinstance(event, SegmentPlanned):
        return event.video.video_id, event.video.generation, event.video.stored_at
    assert isinstance(event, VideoProgress)
    return event.video_id, event.generation, event.stored_at
