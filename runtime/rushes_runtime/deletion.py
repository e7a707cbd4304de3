"""Deleted videos: the mark by which every stage drops what still comes in of one, and the sweep of its blobs.

deleting/<video id>.json   a deletion that is not finished: the event
deleted/<hash>.json        the mark, by a hash of the video's id: when, and what was found and left. Nothing of the
                           video is in it, and it stays until the topics hold nothing older any more.

A video that is added again after its deletion has a later `stored_at`; its events pass the mark, older ones do not.
See docs/decisions/0007-deletion.md.
"""

import functools
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from rushes_runtime.artefacts import read, video_prefix, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import Dropped, SourceError
from rushes_schemas.events import Event, SegmentPlanned, VideoDeleted, VideoProgress

ORDERS = "deleting"
MARKS = "deleted"

H = TypeVar("H", bound=Callable[..., Awaitable[Any]])
Undo = Callable[[str], Awaitable[None]]


class BeingDeleted(SourceError):
    """The video can't be taken in again before its deletion is finished."""

    reason = "being_deleted"


class Mark(BaseModel):
    """What is left of a video. `found` and `left` count its things by the stage that made them."""

    at: int
    finished_at: int | None = None
    found: dict[str, int] = {}
    left: dict[str, int] = {}


class _Stored(BaseModel):
    """As much as is needed of a video's `source.json`."""

    stored_at: int = 0


async def mark_of(blobs: Blobs, video_id: str) -> Mark | None:
    """The mark of a video's last deletion, or None where there was none."""
    return await read(blobs, _mark_key(video_id), Mark)


async def order(blobs: Blobs, event: VideoDeleted) -> Mark:
    """Have every stage drop the video from now on, and remember that it is to be removed; the mark that holds now.

    Safe to do twice; an order that is older than the mark changes nothing.
    """
    known = await mark_of(blobs, event.video_id)
    if known is not None and (known.at > event.at or (known.at == event.at and known.finished_at is not None)):
        return known
    await write(blobs, _order_key(event.video_id), event)
    if known is None or known.at < event.at:
        known = await tell(blobs, event.video_id, Mark(at=event.at))
    return known


async def tell(blobs: Blobs, video_id: str, mark: Mark) -> Mark:
    """Write a video's mark."""
    await write(blobs, _mark_key(video_id), mark)
    return mark


async def refuse_while_deleting(blobs: Blobs, video_id: str) -> None:
    """Raise BeingDeleted while the video's deletion is not finished: what is stored now might be swept away."""
    if await blobs.exists(_order_key(video_id)):
        raise BeingDeleted(f"the video {video_id} is being deleted; send it again in a moment")


async def strike_out(blobs: Blobs, video_id: str) -> None:
    """The deletion is finished, or the video was added again since it was asked for."""
    await blobs.delete(_order_key(video_id))


async def orders(blobs: Blobs) -> AsyncIterator[VideoDeleted]:
    """The deletions that a broker without a memory has to be told of again: those that are not finished, and those of
    whose videos a stage left something behind that was killed at work."""
    async for key in blobs.list(ORDERS):
        if (event := await read(blobs, key, VideoDeleted)) is not None:
            yield event
    async for folder in blobs.folders("videos"):
        video_id = folder.rsplit("/", 1)[-1]
        mark = await mark_of(blobs, video_id)
        if mark is not None and not await is_stored_since(blobs, video_id, mark):
            yield VideoDeleted(video_id=video_id, at=mark.at)


async def forget_marks(blobs: Blobs, before_ms: int) -> None:
    """Remove the marks of deletions before this time, of which no topic holds anything any more."""
    async for key in blobs.list(MARKS):
        mark = await read(blobs, key, Mark)
        if mark is not None and mark.finished_at is not None and mark.at < before_ms:
            await blobs.delete(key)


async def is_stored_since(blobs: Blobs, video_id: str, mark: Mark) -> bool:
    """Whether the video's bytes were sent again after its deletion."""
    stored = await read(blobs, f"{video_prefix(video_id)}/source.json", _Stored)
    return stored is not None and stored.stored_at > mark.at


async def is_deleted(blobs: Blobs, video_id: str, stored_at: int) -> bool:
    """Whether a video was deleted after its bytes were sent at this time."""
    mark = await mark_of(blobs, video_id)
    return mark is not None and stored_at <= mark.at


async def sweep(blobs: Blobs, video_id: str) -> bool:
    """Remove all blobs of a deleted video, unless its bytes were sent again since; whether they were removed."""
    mark = await mark_of(blobs, video_id)
    if mark is None or await is_stored_since(blobs, video_id, mark):
        return False
    await blobs.delete(*[key async for key in blobs.list(video_prefix(video_id))])
    return True


async def found(blobs: Blobs, video_id: str) -> dict[str, int]:
    """How many blobs there are of a video, by the stage that made them."""
    counts: dict[str, int] = {}
    async for key in blobs.list(video_prefix(video_id)):
        stage = maker(key.rsplit("/", 1)[-1] if "/keyframes-" not in key else "keyframes-")
        counts[stage] = counts.get(stage, 0) + 1
    return counts


def maker(name: str) -> str:
    """Which stage makes blobs that are called so. Pure."""
    return _MAKERS.get(name.split(".", maxsplit=1)[0].split("-", maxsplit=1)[0], "other")


_MAKERS: Mapping[str, str] = {
    "source": "upload",
    "declared": "upload",
    "ingest": "ingest",
    "sound": "ingest",
    "asr": "asr",
    "scenes": "scenes",
    "keyframes": "scenes",
    "embed": "embed",
}


@asynccontextmanager
async def unless_deleted(blobs: Blobs, video_id: str, stored_at: int, undo: Undo | None = None) -> AsyncIterator[None]:
    """Work on a video, unless it was deleted after its bytes were sent at `stored_at`, now or in the meantime.

    Looks before the work and after it, and removes then what the work has made: `undo` what it made outside of the
    blob store. Raises Dropped.
    """
    await _look(blobs, video_id, stored_at, undo)
    try:
        yield
    except Exception:
        await _look(blobs, video_id, stored_at, undo)  # perhaps what it needed was taken away
        raise
    await _look(blobs, video_id, stored_at, undo)


def drops_deleted(blobs: Blobs, undo: Undo | None = None) -> Callable[[H], H]:
    """Decorate the handler of an event about a video: `unless_deleted` around it."""

    def decorate(handler: H) -> H:
        @functools.wraps(handler)
        async def guarded(event: Event) -> Any:
            async with unless_deleted(blobs, *_life(event), undo):
                return await handler(event)

        return cast(H, guarded)

    return decorate


async def _look(blobs: Blobs, video_id: str, stored_at: int, undo: Undo | None) -> None:
    if await is_deleted(blobs, video_id, stored_at):
        if await sweep(blobs, video_id) and undo is not None:
            await undo(video_id)
        raise Dropped(f"the video {video_id} was deleted")


def _life(event: Event) -> tuple[str, int]:
    """Which video an event is about, and when the bytes were sent that it speaks of."""
    if isinstance(event, SegmentPlanned):
        return event.video.video_id, event.video.stored_at
    assert isinstance(event, VideoProgress)
    return event.video_id, event.stored_at


def _mark_key(video_id: str) -> str:
    return f"{MARKS}/{hashlib.sha256(video_id.encode()).hexdigest()[:32]}.json"


def _order_key(video_id: str) -> str:
    return f"{ORDERS}/{video_id}.json"
