"""An archive's videos into the blob store."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable, Iterator
from typing import IO

from pydantic import ValidationError

from rushes_ingest.archive import Body, members, whole
from rushes_ingest.store import Source, find_source, source_key
from rushes_runtime.artefacts import video_prefix, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.deletion import refuse_while_deleting
from rushes_runtime.errors import InvalidError
from rushes_runtime.generations import next_generation
from rushes_schemas.ids import video_id

CHUNK = 1 << 20
SMALL = 64 << 20
"""Bytes of a note or an artefact, at most."""


async def unpack(blobs: Blobs, pieces: AsyncIterator[bytes], at: int) -> list[Source]:
    """Store what an archive holds; the videos, whose notes are not written yet: `take_over` does.

    Raises InvalidError where the archive is cut short, or holds anything else than whole videos of the right bytes.
    """
    loop = asyncio.get_running_loop()

    def gate(video: str) -> None:
        asyncio.run_coroutine_threadsafe(refuse_while_deleting(blobs, video), loop).result()

    file = io.BufferedReader(Body(pieces, loop), CHUNK)
    sources = await asyncio.to_thread(_unpack, blobs, file, gate)
    return [source.model_copy(update={"stored_at": at}) for source in sources]


async def take_over(blobs: Blobs, source: Source) -> Source:
    """Have a video be there from now on; with the generation that it is here."""
    known = await find_source(blobs, source.video_id)
    following = await next_generation(blobs, source.video_id)
    generation = max(known.generation if known else 0, following)
    here = source.model_copy(update={"generation": generation, "uploads": known.uploads if known else []})
    await write(blobs, source.key + ".json", here)
    return here


def _unpack(blobs: Blobs, body: IO[bytes], gate: Callable[[str], None]) -> list[Source]:
    sources: dict[str, Source | None] = {}
    with whole():
        for video, name, file in members(body):
            if video not in sources:
                gate(video)
                sources[video] = None
            if name == "source.json":
                sources[video] = _note(video, file)
            elif name == "source":
                _store_source(blobs, video, file)
            else:
                blobs.put_now(f"{video_prefix(video)}/{name}", _small(name, file))
    if not sources:
        raise InvalidError("not_an_archive", "the archive holds no video")
    for video, source in sources.items():
        if source is None:
            raise InvalidError("not_an_archive", f"the archive lacks the note on the video {video}: it is cut short")
    return [source for source in sources.values() if source is not None]


def _note(video: str, file: IO[bytes]) -> Source:
    try:
        note = Source.model_validate_json(_small("source.json", file))
    except ValidationError as error:
        raise InvalidError("not_an_archive", f"the note on the video {video} can't be read: {error}") from error
    if not video == note.video_id == video_id(note.sha256):
        raise InvalidError("not_an_archive", f"the note on the video {video} is another video's")
    return note


def _store_source(blobs: Blobs, video: str, file: IO[bytes]) -> None:
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            yield chunk
        if video_id(digest.hexdigest()) != video:  # before the blob is finished, so that there is none
            raise InvalidError("not_an_archive", f"the bytes of the video {video} are not those that it is named after")

    blobs.put_now(source_key(video), chunks())


def _small(name: str, file: IO[bytes]) -> bytes:
    data = file.read(SMALL + 1)
    if len(data) > SMALL:
        raise InvalidError("not_an_archive", f"{name} in the archive is larger than {SMALL:,} bytes")
    return data
