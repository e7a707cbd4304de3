"""Artefacts: one small JSON a segment and stage, the truth from which everything else can be made again.

Every JSON of the blob store is read and written here: see `stored_json` for its format, and `unreadable` for what
becomes of one that is damaged.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from rushes_runtime.blobs import BlobMissing, Blobs, BlobsUnavailable
from rushes_runtime.errors import InvalidError
from rushes_runtime.stored_json import dumped, fault_of, parsed
from rushes_runtime.unreadable import keep_unreadable
from rushes_schemas.artefacts import video_prefix
from rushes_schemas.events import StageName
from rushes_schemas.ids import blob_uri

__all__ = [
    "Artefact",
    "Made",
    "find_or_make",
    "if_readable",
    "keys_below",
    "read",
    "read_all",
    "video_prefix",
    "write",
    "write_now",
]

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


@dataclass(frozen=True)
class Artefact:
    """The name of what a stage makes of a segment (None: of the whole video) by a recipe."""

    video_id: str
    segment: int | None
    stage: StageName
    recipe: str

    @property
    def key(self) -> str:
        """Where it lies in the blob store."""
        part = "" if self.segment is None else f"/{self.segment}"
        return f"{video_prefix(self.video_id)}{part}/{self.stage}-{self.recipe}.json"

    @property
    def uri(self) -> str:
        """The same as a `blob:` URI."""
        return blob_uri(self.key)


@dataclass(frozen=True)
class Made(Generic[M]):
    """An artefact's content. `elapsed_ms` is how long making it took, None where it was already there."""

    artefact: Artefact
    content: M
    elapsed_ms: int | None


async def read(
    blobs: Blobs, key: str, kind: type[M], again: Callable[[], Awaitable[M | None]] | None = None
) -> M | None:
    """A stored JSON, or None where there is none. One that can't be read is set aside; `again` may make what stood in
    it once more, which is then stored in its place, and else it counts as none.

    Raises NewerFormat where a newer program has written it.
    """
    try:
        return parsed(key, kind, data := await blobs.get(key))
    except BlobMissing:
        return None
    except ValueError as error:  # pydantic's errors are among them
        fault = fault_of(error)
    await keep_unreadable(blobs, key, data, fault)
    if again and (made := await again()) is not None:
        await write(blobs, key, made)
        return made
    await blobs.delete(key)
    return None


async def read_all(blobs: Blobs, prefix: str, kind: type[M]) -> AsyncIterator[tuple[str, M]]:
    """Every JSON below a prefix that can be read, with its key: none that can't keeps the others back."""
    async for key in keys_below(blobs, prefix):
        if (found := await if_readable(blobs, key, read(blobs, key, kind))) is not None:
            yield key, found


async def keys_below(blobs: Blobs, prefix: str, *, folders: bool = False) -> AsyncIterator[str]:
    """What is listed below a prefix; nothing where the prefix itself leads out of the store."""
    try:
        async for key in blobs.folders(prefix) if folders else blobs.list(prefix):
            yield key
    except InvalidError as error:
        blobs.skip(prefix, str(error))


async def if_readable(blobs: Blobs, key: str, reading: Awaitable[T | None]) -> T | None:
    """What comes of reading one of many stored things; None where it can't be read: it is left as it is, and told of
    once. A newer program wrote it, a link leads out of the store, its name is no key, or the disk does not give it.

    Raises BlobsUnavailable of a remote store, which says nothing of the one thing.
    """
    try:
        return await reading
    except (InvalidError, ValueError) as error:
        blobs.skip(key, str(error))
    except BlobsUnavailable as error:
        if blobs.folder is None:
            raise
        blobs.skip(key, str(error))
    return None


async def write(blobs: Blobs, key: str, content: BaseModel) -> None:
    """Store a JSON, at once visible and whole."""
    await blobs.put(key, dumped(content), "application/json")


def write_now(blobs: Blobs, key: str, content: BaseModel) -> None:
    """`write` for a compute child."""
    blobs.put_now(key, dumped(content))


async def find_or_make(
    blobs: Blobs, artefact: Artefact, kind: type[M], make: Callable[[], Awaitable[M]], *, anew: bool = False
) -> Made[M]:
    """The artefact if it is there, else the one that `make` computes, stored before this returns. `anew`: it is
    computed in any case, since something that is stored with it is missing.

    This is what makes a redelivery, a rebalance or a replay cheap. One that can't be read, or names blobs of another
    video, is made anew.
    """
    if not anew and (found := await read(blobs, artefact.key, kind)) is not None:
        return Made(artefact, found, None)
    started = time.monotonic()
    content = await make()
    await write(blobs, artefact.key, content)
    return Made(artefact, content, round((time.monotonic() - started) * 1000))
