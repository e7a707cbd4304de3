"""Dead letters over HTTP: listed, shown, replayed, discarded."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from rushes_runtime.bus.dead import DeadLetter, Wanted
from rushes_runtime.bus.dead_store import DeadLetterStore
from rushes_runtime.errors import InvalidError

Seconds = Annotated[float | None, Field(ge=0)]


class Selection(BaseModel):
    """Which dead letters are meant: all that pass everything that is given."""

    ids: list[str] = []
    service: str | None = None
    reason: str | None = None
    video_id: str | None = None
    older_than_s: Seconds = None
    newer_than_s: Seconds = None

    def wanted(self) -> Wanted:
        """The same for the runtime."""
        return Wanted(**self.model_dump())


class Deliberate(Selection):
    """A selection that something is done to. Not to choose at all is a mistake unless `all` says otherwise."""

    all: bool = False

    def wanted(self) -> Wanted:
        """Raises InvalidError where nothing is chosen."""
        chosen = self.model_dump(exclude={"all"})
        if not self.all and not any(value for value in chosen.values()):
            raise InvalidError("bad_request", "say which dead letters are meant: ids, a filter, or all")
        return Wanted(**chosen)


class Listing(Selection):
    """A selection, and how many of it are wanted."""

    limit: Annotated[int, Field(ge=1, le=10_000)] = 100

    def wanted(self) -> Wanted:
        """The same for the runtime."""
        return Wanted(**self.model_dump(exclude={"limit"}))


class Listed(BaseModel):
    """Dead letters that are open, oldest first, and how many there are in all."""

    total: int
    dead_letters: list[DeadLetter]


class Settled(BaseModel):
    """What was done to how many, and to which."""

    count: int
    ids: list[str]


def routes(letters: DeadLetterStore) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])

    @router.get("")
    async def listed(selection: Annotated[Listing, Query()]) -> Listed:
        """Those that were neither replayed nor discarded."""
        found = await letters.open(selection.wanted())
        return Listed(total=len(found), dead_letters=found[: selection.limit])

    @router.get("/{id}")
    async def one(id: str) -> DeadLetter:
        """One, with its stack and its original bytes."""
        letter = await letters.one(id)
        if letter is None:
            raise HTTPException(404, f"There is no dead letter {id!r}, or it was replayed or discarded.")
        return letter

    @router.post("/replay")
    async def replay(selection: Deliberate) -> Settled:
        """Give them back to the topics of the stages that failed."""
        return _settled(await letters.replay(selection.wanted()))

    @router.post("/discard")
    async def discard(selection: Deliberate) -> Settled:
        """Have them forgotten."""
        return _settled(await letters.discard(selection.wanted()))

    return router


def _settled(settled: list[DeadLetter]) -> Settled:
    return Settled(count=len(settled), ids=[letter.id for letter in settled])
