"""Reindexing: a new collection is filled from the artefacts, while the old one is searched and new videos arrive in
both.

The catalog publishes an event for every segment that the new collection lacks, and embed fills it; see
docs/decisions/0012-reindex.md. What is lacking is found by counting, so an interrupted reindex continues where it was
when it is started again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from rushes_models.registry import encoders
from rushes_runtime.bus.lag import lags
from rushes_runtime.errors import InvalidError, RushesError
from rushes_runtime.index import made_with as fingerprints
from rushes_runtime.index.artefact_events import planned
from rushes_runtime.index.made_with import MadeWith, recipe_of
from rushes_runtime.index.scene_collections import (
    fingerprint,
    make_scenes,
    of_video,
    scenes_collections,
    scenes_spec,
    searched_and_others,
    searched_collection,
)
from rushes_runtime.index.video_records import records
from rushes_runtime.platform import Platform
from rushes_schemas.api import CollectionModels, CollectionStatus, ReindexStatus
from rushes_schemas.events import SegmentRecalled
from rushes_schemas.index import SCENES_ALIAS, VideoRecord
from rushes_schemas.stages import INDEXER
from rushes_schemas.topics import SEGMENT_RECALLED, retry_topic

POLL_S = 0.5
"""How often the new collection's points are counted."""

Publish = Callable[[SegmentRecalled], Awaitable[object]]

log = structlog.stdlib.get_logger("rushes.reindex")


class Reindexer:
    """One reindex at a time. Methods raise IndexUnavailable, BlobsUnavailable, and UnknownCollection while there is no
    collection at all."""

    def __init__(self, platform: Platform, publish: Publish) -> None:
        self._platform = platform
        self._publish = publish
        self._task: asyncio.Task[None] | None = None
        self._progress = ReindexStatus(status="idle")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Stop a reindex when the context is left. Started again in the next process, it continues."""
        try:
            yield
        finally:
            await self._stop()

    async def begin(self, image_text: str | None, text: str | None) -> None:
        """Start to fill a collection of these models (None: those of the searched one), or continue with one.

        The collection is searched once it is complete. Raises InvalidError for models that are missing here, and while
        another collection is being filled.
        """
        index, blobs, settings = self._platform.index, self._platform.blobs, self._platform.settings.models
        served = await searched_collection(index)
        kept = await fingerprints.find(blobs, served) or settings
        models = settings.model_copy(update={"image_text": image_text or kept.image_text, "text": text or kept.text})
        try:
            chosen = encoders(models)
        except ValueError as error:
            raise InvalidError("unknown_model", str(error)) from error
        ours = await asyncio.to_thread(fingerprint, models, chosen)
        name = new_name(ours, served, await scenes_collections(index))
        if self._task and not self._task.done():
            if self._progress.collection == name:
                return  # it is being filled already
            raise InvalidError("busy", f"{self._progress.collection} is being filled; wait for it, or end it")
        # From now on embed writes new videos into it too, so only older ones are lacking.
        await make_scenes(index, blobs, ours, scenes_spec(chosen), name)
        self._progress = ReindexStatus(status="filling", collection=name)
        self._task = asyncio.create_task(self._run(served, name))

    async def roll_back(self) -> str:
        """Search the other collection at once; return its name. Raises InvalidError unless there is exactly one."""
        await self._stop()
        served, others = await searched_and_others(self._platform.index)
        if len(others) != 1:
            raise InvalidError("no_rollback", f"there are {len(others)} collections besides {served}; one is needed")
        await self._platform.index.point_alias(SCENES_ALIAS, others[0])
        self._progress = ReindexStatus(status="idle")
        return others[0]

    async def drop_old(self) -> list[str]:
        """Remove every collection that is not searched; return their names."""
        await self._stop()
        _, others = await searched_and_others(self._platform.index)
        for name in others:
            await self._platform.index.drop(name)
            # In this order: a collection without a fingerprint would be taken for one of the settings' models.
            await fingerprints.forget(self._platform.blobs, name)
        self._progress = ReindexStatus(status="idle")
        return others

    async def status(self) -> ReindexStatus:
        """Return how far the reindex is, and which collections there are."""
        served = await self._platform.index.resolve(SCENES_ALIAS)
        found = []
        for name in await scenes_collections(self._platform.index):
            kept = await fingerprints.find(self._platform.blobs, name)
            models = CollectionModels(**kept.model_dump()) if kept else None
            points = await self._platform.index.count(name)
            found.append(CollectionStatus(name=name, searched=name == served, points=points, made_with=models))
        return self._progress.model_copy(update={"collections": found})

    async def _stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    # A failure must not pass unseen: nobody awaits the task, but `status` reports what it did.
    async def _run(self, served: str, name: str) -> None:
        try:
            await self._fill(served, name)
        except RushesError as error:
            self._update(status="failed", reason=str(error))
            log.error("the reindex failed", collection=name, error=str(error))
        except Exception as error:
            self._update(status="failed", reason=f"a bug: {error!r}")
            log.exception("the reindex failed by a bug", collection=name)

    async def _fill(self, served: str, name: str) -> None:
        before: list[str] = []
        # Videos may arrive, change and become dead letters meanwhile: repeat until a count finds nothing lacking.
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
            await self._wait_for_embed(name)
        await self._platform.index.point_alias(SCENES_ALIAS, name)
        points = await self._platform.index.count(name)
        self._update(status="swapped", done=points, total=points)
        log.info("the new collection is searched from now on", collection=name, points=points)

    async def _lacking(self, served: str, name: str) -> AsyncIterator[VideoRecord]:
        """Yield the videos of which the new collection has too few points, or points with an old title."""
        index, done, total = self._platform.index, 0, 0
        async for record in records(index):
            of_this = of_video(record.video_id)
            has, expected = await index.count(name, of_this), expected_of(record, await index.count(served, of_this))
            done, total = done + min(has, expected), total + expected
            # All points of a video have the same facts, so one of them tells.
            sample = (await index.scroll(name, of_this, limit=1)).points if has == expected else []
            is_outdated = sample and record.video and sample[0].payload.get("title") != record.video.title
            if has != expected or is_outdated:
                yield record
        self._update(done=done, total=total)

    async def _wait_for_embed(self, name: str) -> None:
        """Return when all points are there, or embed has nothing left of what was published for it."""
        while True:
            done, total = await self._platform.index.count(name), self._progress.total
            self._update(done=min(done, total))
            if done >= total or not await self._is_embed_behind():
                return
            await asyncio.sleep(POLL_S)

    async def _is_embed_behind(self) -> bool:
        behind = await lags(self._platform.settings.kafka, [INDEXER])
        return any(lag.waiting for lag in behind if lag.topic in (SEGMENT_RECALLED.name, retry_topic(INDEXER)))

    def _update(self, **changes: object) -> None:
        self._progress = self._progress.model_copy(update=changes)


def expected_of(record: VideoRecord, counted: int) -> int:
    """Return how many points of a video the new collection should have.

    That is as many as the old one has (`counted`); or, in case it has lost some, as many as the catalog counted once.
    """
    return max(counted, record.points) if record.status in ("indexed", "degraded") else counted


def new_name(ours: MadeWith, served: str, existing: list[str]) -> str:
    """Return the name of the collection to fill: one of these models that was begun already, else a new one."""
    begun = [name for name in existing if name != served and recipe_of(name) == ours.recipe]
    names = (ours.collection, *(f"{ours.collection}-{number}" for number in range(2, len(existing) + 3)))
    return begun[0] if begun else next(name for name in names if name not in existing)
