"""What publishers said of a video, beside its bytes: the last word counts, and what was left out stays."""

from pydantic import BaseModel

from rushes_runtime.artefacts import read, video_prefix, write
from rushes_runtime.blobs import Blobs
from rushes_schemas.events import Metadata, VideoUploaded


class Declared(BaseModel):
    """The publisher's part of a video's facts."""

    title: str | None = None
    description: str | None = None
    language: str | None = None
    metadata: Metadata = {}
    filename: str | None = None


def merged(before: Declared, event: VideoUploaded) -> Declared:
    """What is known after an event: what it says replaces what was said before."""
    said = Declared.model_validate(event, from_attributes=True).model_dump(exclude_defaults=True)
    if before.filename:
        said.pop("filename", None)  # the same bytes under another name are not another file
    return before.model_copy(update=said)


async def find_declared(blobs: Blobs, video_id: str) -> Declared:
    """What is known of a video; nothing, where nothing was said."""
    return await read(blobs, _key(video_id), Declared) or Declared()


async def declare(blobs: Blobs, video_id: str, event: VideoUploaded) -> Declared:
    """Take in what an event says; what is known now."""
    before = await find_declared(blobs, video_id)
    after = merged(before, event)
    await write(blobs, _key(video_id), after)
    return after


def _key(video_id: str) -> str:
    return f"{video_prefix(video_id)}/declared.json"
