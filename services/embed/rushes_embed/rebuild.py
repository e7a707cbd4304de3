"""Reindexing and replaying over HTTP."""

from fastapi import APIRouter
from pydantic import BaseModel

from rushes_embed.reindex import Reindexer
from rushes_embed.reindexed import Status
from rushes_embed.replay import Publishers, Replayed, Stage, replay
from rushes_runtime.platform import Platform


class Models(BaseModel):
    """The models of the new collection; those of the searched one where none is named."""

    image_text: str | None = None
    text: str | None = None


class Wanted(BaseModel):
    """What is to be replayed: from which stage on, and which videos (null: all)."""

    stage: Stage
    video_ids: list[str] | None = None


def routes(platform: Platform, reindexer: Reindexer, publishers: Publishers) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/reindex", tags=["reindex"])

    @router.get("")
    async def status() -> Status:
        """How far a reindex is, and which collections there are."""
        return await reindexer.status()

    @router.post("", status_code=202)
    async def begin(models: Models) -> Status:
        """Fill a new collection out of the artefacts, and have it searched once it is whole; or go on with one."""
        await reindexer.begin(models.image_text, models.text)
        return await reindexer.status()

    @router.post("/rollback")
    async def roll_back() -> Status:
        """Have the collection before searched again, at once."""
        await reindexer.roll_back()
        return await reindexer.status()

    @router.delete("/old")
    async def drop_old() -> Status:
        """Remove every collection that is not searched."""
        await reindexer.drop_old()
        return await reindexer.status()

    @router.post("/replay", status_code=202)
    async def replayed(wanted: Wanted) -> Replayed:
        """Have videos go once more through the stages, from a given one on."""
        return await replay(platform, publishers, wanted.stage, wanted.video_ids)

    return router
