"""The HTTP API of the catalog: reindexing, replaying, and dead letters. The models are in `rushes_schemas.api`."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from rushes_catalog.reindex import Reindexer
from rushes_catalog.replay import Publishers, replay
from rushes_runtime.bus import dead
from rushes_runtime.bus.dead_store import DeadLetterStore
from rushes_runtime.errors import InvalidError
from rushes_runtime.platform import Platform
from rushes_schemas import api as models


def reindex_routes(platform: Platform, reindexer: Reindexer, publishers: Publishers) -> APIRouter:
    """Return the routes below `/v1/reindex`."""
    router = APIRouter(prefix="/v1/reindex", tags=["reindex"])

    @router.get("")
    async def status() -> models.ReindexStatus:
        """Return how far a reindex is, and which collections there are."""
        return await reindexer.status()

    @router.post("", status_code=202)
    async def begin(chosen: models.ReindexModels) -> models.ReindexStatus:
        """Fill a new collection from the artefacts, and search it once it is complete; or continue with one."""
        await reindexer.begin(chosen.image_text, chosen.text)
        return await reindexer.status()

    @router.post("/rollback")
    async def roll_back() -> models.ReindexStatus:
        """Search the previous collection again, at once."""
        await reindexer.roll_back()
        return await reindexer.status()

    @router.delete("/old")
    async def drop_old() -> models.ReindexStatus:
        """Remove every collection that is not searched."""
        await reindexer.drop_old()
        return await reindexer.status()

    @router.post("/replay", status_code=202)
    async def replayed(request: models.ReplayRequest) -> models.Replayed:
        """Process videos again, from a given stage on."""
        return await replay(platform, publishers, request.stage, request.video_ids)

    return router


def dead_letter_routes(letters: DeadLetterStore) -> APIRouter:
    """Return the routes below `/v1/dead-letters`."""
    router = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])

    @router.get("")
    async def listed(listing: Annotated[models.DeadLetterListing, Query()]) -> models.DeadLetters:
        """Return the dead letters that were neither replayed nor discarded."""
        found = await letters.open(dead.Wanted(**listing.model_dump(exclude={"limit"})))
        return models.DeadLetters(total=len(found), dead_letters=found[: listing.limit])

    @router.get("/{id}")
    async def one(id: str) -> models.DeadLetter:
        """Return one dead letter, with its stack and its original bytes."""
        letter = await letters.one(id)
        if letter is None:
            raise HTTPException(404, f"There is no dead letter {id!r}, or it was replayed or discarded.")
        return letter

    @router.post("/replay")
    async def replay_dead_letters(decision: models.DeadLetterDecision) -> models.DecidedDeadLetters:
        """Publish the records again, to the topics of the stages that failed on them."""
        return _decided(await letters.replay(_chosen(decision)))

    @router.post("/discard")
    async def discard(decision: models.DeadLetterDecision) -> models.DecidedDeadLetters:
        """Remove the dead letters."""
        return _decided(await letters.discard(_chosen(decision)))

    return router


def _chosen(decision: models.DeadLetterDecision) -> dead.Wanted:
    """Return the filters. Raises InvalidError if there are none."""
    filters = decision.model_dump(exclude={"all"})
    # An empty body must not replay or discard everything.
    if not decision.all and not any(filters.values()):
        raise InvalidError("bad_request", "say which dead letters are meant: ids, a filter, or all")
    return dead.Wanted(**filters)


def _decided(letters: list[models.DeadLetter]) -> models.DecidedDeadLetters:
    return models.DecidedDeadLetters(count=len(letters), ids=[letter.id for letter in letters])
