"""Uploads that were accepted and not planned yet, noted in the blob store.

A broker that keeps its records makes the note needless; the embedded one forgets them when it stops.
"""

import hashlib
from collections.abc import AsyncIterator

from rushes_runtime.artefacts import read_all, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.deletion import PENDING
from rushes_schemas.events import VideoUploaded


async def note(blobs: Blobs, event: VideoUploaded) -> None:
    """Remember an event until it is dealt with; the same event twice is one note."""
    await write(blobs, _key(event), event)


async def dealt_with(blobs: Blobs, event: VideoUploaded) -> None:
    """Strike out the note of an event, if there is one."""
    await blobs.delete(_key(event))


async def pending(blobs: Blobs) -> AsyncIterator[VideoUploaded]:
    """All events that were noted and not struck out."""
    async for key, event in read_all(blobs, PENDING, VideoUploaded):
        if key != _key(event):  # noted before events had a field that they have now
            await note(blobs, event)
            await blobs.delete(key)
        yield event


def identity(event: VideoUploaded) -> str:
    """What an event is known by if it comes once more. Pure."""
    return hashlib.sha256(event.model_dump_json().encode()).hexdigest()[:32]


def _key(event: VideoUploaded) -> str:
    return f"{PENDING}/{identity(event)}.json"
