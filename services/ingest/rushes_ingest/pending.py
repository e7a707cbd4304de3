"""Uploads that were accepted and not planned yet, noted in the blob store.

A broker that keeps its records makes the note needless; the embedded one forgets them when it stops.
"""

import hashlib
from collections.abc import AsyncIterator

from rushes_runtime.artefacts import read, write
from rushes_runtime.blobs import Blobs
from rushes_schemas.events import VideoUploaded

PREFIX = "pending"


async def note(blobs: Blobs, event: VideoUploaded) -> None:
    """Remember an event until it is dealt with; the same event twice is one note."""
    await write(blobs, _key(event), event)


async def dealt_with(blobs: Blobs, event: VideoUploaded) -> None:
    """Strike out the note of an event, if there is one."""
    await blobs.delete(_key(event))


async def pending(blobs: Blobs) -> AsyncIterator[VideoUploaded]:
    """All events that were noted and not struck out."""
    async for key in blobs.list(PREFIX):
        if (event := await read(blobs, key, VideoUploaded)) is not None:
            yield event


def _key(event: VideoUploaded) -> str:
    return f"{PREFIX}/{hashlib.sha256(event.model_dump_json().encode()).hexdigest()[:32]}.json"
