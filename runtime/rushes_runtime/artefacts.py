"""Artefacts: one small JSON a segment and stage, the truth from which everything else can be made again."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog
from pydantic import BaseModel

from rushes_runtime.blobs import BlobMissing, Blobs
from rushes_schemas.events import StageName
from rushes_schemas.ids import blob_uri

M = TypeVar("M", bound=BaseModel)


def video_prefix(video_id: str) -> str:
    """Below this lies all that is stored of a video."""
    return f"videos/{video_id}"


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


async def read(blobs: Blobs, key: str, kind: type[M]) -> M | None:
    """A stored JSON, or None where there is none."""
    try:
        return kind.model_validate_json(await blobs.get(key))
    except BlobMissing:
        return None


async def write(blobs: Blobs, key: str, content: BaseModel) -> None:
    """Store a JSON, at once visible and whole."""
    await blobs.put(key, content.model_dump_json().encode(), "application/json")


async def find_or_make(blobs: Blobs, artefact: Artefact, kind: type[M], make: Callable[[], Awaitable[M]]) -> Made[M]:
    """The artefact if it is there, else the one that `make` computes, stored before this returns.

    This is what makes a redelivery, a rebalance or a replay cheap. Log lines, and the dead letter if there is to be
    one, name the recipe from here on.
    """
    structlog.contextvars.bind_contextvars(recipe=artefact.recipe)
    if (found := await read(blobs, artefact.key, kind)) is not None:
        return Made(artefact, found, None)
    started = time.monotonic()
    content = await make()
    await write(blobs, artefact.key, content)
    return Made(artefact, content, round((time.monotonic() - started) * 1000))
