"""What is told of a reindex."""

from typing import Literal

from pydantic import BaseModel

from rushes_runtime.index.made_with import MadeWith


class Collection(BaseModel):
    """A collection of scenes. `searched`: the alias means it."""

    name: str
    searched: bool
    points: int
    made_with: MadeWith | None


class Progress(BaseModel):
    """How far the last reindex of this process is: `done` of `total` points are there. `swapped`: the new collection is
    searched. `failed`: `reason` says why; begun again it goes on."""

    status: Literal["idle", "filling", "swapped", "failed"]
    collection: str | None = None
    done: int = 0
    total: int = 0
    reason: str | None = None


class Status(Progress):
    """The same, and which collections there are."""

    collections: list[Collection]
