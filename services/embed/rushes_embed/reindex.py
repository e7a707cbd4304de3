"""Reindexing: a new collection, filled out of the artefacts while the old one is searched and new videos arrive in
both.

The catalog asks for every segment that the new collection lacks, embed fills it; see docs/decisions/0012-reindex.md.
What is lacking is found by counting, so a reindex that was killed goes on where it was when it is begun again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from rushes_embed.collection import made_with, make_scenes, of_video, scenes_collections, scenes_spec
from rushes_embed.recall import planned
from rushes_embed.records import records
from rushes_embed.reindexed import Collection, Progress, Status
from rushes_models.registry import encoders
from rushes_runtime.bus.lag import lags
from rushes_runtime.errors import InvalidError, RushesError
from rushes_runtime.index import made_with as notes
from rushes_runtime.index.made_with import MadeWith, recipe_of
from rushes_runtime.index.port import UnknownCollection
from rushes_runtime.platform import Platform
from rushes_schemas.events import SegmentRecalled
from rushes_schemas.index import SCENES_ALIAS, VideoRecord
from rushes_schemas.topics import SEGMENT_RECALLED, retry_topic

POLL_S = 0.5

Publish = Callable[[SegmentRecalled], Awaitable[object]]

log = structlog.stdlib.get_logger("rushes.reindex")


class Reindexer:
    """One reindex at a time. Methods raise IndexUnavailable and BlobsUnavailable."""

    def __init__(self, platform: Platform, publish: Publish) -> None:
        self._platform = platform
        self._publish = publish
        self._task: asyncio.Task[None] | None = None
        self._progress = Progress(status="idle")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """End what is going on when the context is left."""
        try:
            yield
        finally:
            await self._stop()

    async def begin(self, image_text: str | None, text: str | None) -> None:
        """Fill a collection of these models (None: of those that the searched one has) and have it searched then; or go
        on with one. Raises InvalidError for models that are not here, or while another is being filled."""
        served = await self._served()
        kept = await notes.find(self._platform.blobs, served) or self._platform.settings.models
        models = self._platform.settings.models.model_copy(
            update={"image_text": image_text or kept.image_text, "text": text or kept.text}
        )
        try:
            chosen = encoders(models)
        except ValueError as error:
            raise InvalidError("unknown_model", str(error)) from error
        ours = await asyncio.to_thread(made_with, models, *chosen)
        name = named(ours, served, await scenes_collections(self._platform.index))
        if self._task and not self._task.done():
            if self._progress.collection == name:
                return
            raise InvalidError("busy", f"{self._progress.collection} is being filled; wait for it, or end it")
        await make_scenes(self._platform.index, self._platform.blobs, ours, scenes_spec(*chosen), name)
        self._progress = Progress(status="filling", collection=name)
        self._task = asyncio.create_task(self._run(served, name))

    async def roll_back(self) -> str:
        """Have the other collection searched, at once; its name. Raises InvalidError unless there is exactly one."""
        await self._stop()
        served = await self._served()
        others = [name for name in await scenes_collections(self._platform.index) if name != served]
        if len(others) != 1:
            raise InvalidError("no_rollback", f"there are {len(others)} collections besides {served}; one is needed")
        await self._platform.index.point_alias(SCENES_ALIAS, others[0])
        self._progress = Progress(status="idle")
        return others[0]

    async def drop_old(self) -> list[str]:
        """Remove every collection that is not searched; their names."""
        await self._stop()
        served = await self._served()
        others = [name for name in await scenes_collections(self._platform.index) if name != served]
        for name in others:
            await self._platform.index.drop(name)
            await notes.forget(self._platform.blobs, name)
        self._progress = Progress(status="idle")
        return others

    async def status(self) -> Status:
        """How far it is, and which collections there are."""
        served = await self._platform.index.resolve(SCENES_ALIAS)
        found = []
        for name in await scenes_collections(self._platform.index):
            kept = await notes.find(self._platform.blobs, name)
            points = await self._platform.index.count(name)
            found.append(Collection(name=name, searched=name == served, points=points, made_with=kept))
        return Status(**self._progress.model_dump(), collections=found)

    async def _served(self) -> str:
        served = await self._platform.index.resolve(SCENES_ALIAS)
        if served is None:
            raise UnknownCollection(f"the index has no {SCENES_ALIAS} (yet)")
        return served

    async def _stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, served: str, name: str) -> None:
        try:
            await self._fill(served, name)
        except RushesError as error:
            self._tell(status="failed", reason=str(error))
            log.error("the reindex failed", collection=name, error=str(error))
        except Exception as error:
            self._tell(status="failed", reason=f"a bug: {error!r}")
            log.exception("the reindex made a mistake", collection=name)

    async def _fill(self, served: str, name: str) -> None:
        before: list[str] = []
        while lacking := [record async for record in self._lacking(served, name)]:
            ids = [record.video_id for record in lacking]
            if ids == before:
                raise RushesError(
                    f"{len(ids)} videos can't be put into {name}, {ids[0]} is one: see `rushes dead list`"
                )
            before = ids
            for record in lacking:
                for segment in await planned(self._platform.blobs, record):
                    await self._publish(
                        SegmentRecalled(video_id=record.video_id, segment=segment.segment.index, collection=name)
                    )
            await self._settled(name)
        await self._platform.index.point_alias(SCENES_ALIAS, name)
        points = await self._platform.index.count(name)
        self._tell(status="swapped", done=points, total=points)
        log.info("the collection is searched from now on", collection=name, points=points)

    async def _lacking(self, served: str, name: str) -> AsyncIterator[VideoRecord]:
        """The videos of which the new collection has less than it should, or other facts."""
        index, done, total = self._platform.index, 0, 0
        async for record in records(index):
            of_this = of_video(record.video_id)
            there, wanted = await index.count(name, of_this), wanted_of(record, await index.count(served, of_this))
            done, total = done + min(there, wanted), total + wanted
            told = (await index.scroll(name, of_this, limit=1)).points if there == wanted else []
            if there != wanted or (told and record.video and told[0].payload.get("title") != record.video.title):
                yield record
        self._tell(done=done, total=total)

    async def _settled(self, name: str) -> None:
        """Return when all points are there, or nothing of what was asked for is still to be done."""
        while True:
            done, total = await self._platform.index.count(name), self._progress.total
            self._tell(done=min(done, total))
            if done >= total or not await self._is_awaited():
                return
            await asyncio.sleep(POLL_S)

    async def _is_awaited(self) -> bool:
        waiting = await lags(self._platform.settings.kafka, ["embed"])
        return any(lag.waiting for lag in waiting if lag.topic in (SEGMENT_RECALLED.name, retry_topic("embed")))

    def _tell(self, **changed: object) -> None:
        self._progress = self._progress.model_copy(update=changed)


def wanted_of(record: VideoRecord, counted: int) -> int:
    """How many points of a video there should be: as many as were counted once, should the old collection have lost
    some; else as many as it has. Pure."""
    return max(counted, record.points) if record.status in ("indexed", "degraded") else counted


def named(ours: MadeWith, served: str, there: list[str]) -> str:
    """The collection to fill: one of these models that was begun already, else a new one. Pure."""
    begun = [name for name in there if name != served and recipe_of(name) == ours.recipe]
    names = (ours.collection, *(f"{ours.collection}-{number}" for number in range(2, len(there) + 3)))
    return begun[0] if begun else next(name for name in names if name not in there)
