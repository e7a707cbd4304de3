"""The reconciler: finds videos that are stuck, and videos with damaged blobs, and has them processed again.

A video is *stuck* if it is `processing`, its ledger has been silent for a while, and no consumer has anything left that
was published before the silence began, in a stage's topic or in a retry topic. Then nothing is scheduled for it,
whatever the cause. Its points are counted again; if that does not settle it, it is published again, which costs only
what has no artefact.

A pass takes a while, and the videos move on meanwhile. So its result is written only over the very record that it
read: a compare and set in the index.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from aiokafka.errors import KafkaError

from rushes_catalog.ledger import is_complete, with_status
from rushes_catalog.settings import CatalogSettings
from rushes_runtime.artefacts import video_prefix
from rushes_runtime.blob_keys import video_of_key
from rushes_runtime.bus.lag import lags
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import RushesError
from rushes_runtime.generations import find_source, is_deleted, next_generation
from rushes_runtime.index.port import Filter, Match, Range
from rushes_runtime.index.scene_collections import count_searched_points
from rushes_runtime.index.video_records import amend_record, records
from rushes_runtime.platform import Platform
from rushes_runtime.stored_json import NewerFormat
from rushes_runtime.unreadable import unreadable
from rushes_schemas.events import VideoUploaded
from rushes_schemas.ids import blob_uri, provisional_id
from rushes_schemas.index import VideoRecord, VideoStatus

AGAIN = "nothing was scheduled for it, so it was published again"
LOST = "its bytes were never stored and nobody knows where they came from: add it again"

Publish = Callable[[VideoUploaded], Awaitable[object]]

log = structlog.stdlib.get_logger("rushes.reconcile")


def is_stuck(record: VideoRecord, oldest_ms: int | None, now_ms: int, after_ms: int) -> bool:
    """Whether nothing is scheduled for the video.

    `oldest_ms` is when the oldest record that any consumer has left was published; None if none has any left. A retry
    is published again after its wait, so it is younger than the ledger's line about it; `after_ms` allows for that.
    """
    silent_since = record.updated_at + after_ms
    return record.status == "processing" and silent_since < now_ms and (oldest_ms is None or oldest_ms > silent_since)


@dataclass(frozen=True)
class Repairer:
    """Publishes the videos again whose damaged blobs were set aside, so that the stages make the blobs again.

    Each blob is handled once in the life of a process. Publishing a video twice does no harm.
    """

    platform: Platform
    publish: Publish
    _handled: set[str] = field(default_factory=set)

    async def repair(self) -> None:
        """Publish each video of which a blob was set aside and is still missing. Raises as blob store and broker do."""
        missing: dict[str, list[str]] = {}
        async for key in unreadable(self.platform.blobs, "videos"):
            video_id = video_of_key(key)
            if video_id and key not in self._handled and not await self.platform.blobs.exists(key):
                missing.setdefault(video_id, []).append(key)
        for video_id, keys in missing.items():
            await self._publish_again(video_id)
            # Only now: if publishing fails, the next pass tries again.
            self._handled.update(keys)

    async def _publish_again(self, video_id: str) -> None:
        try:
            source = await find_source(self.platform.blobs, video_id)
        except NewerFormat as error:
            log.error("a video with a damaged blob was left as it is", video_id=video_id, reason=str(error))
            return
        if source is None or await is_deleted(self.platform.blobs, video_id, source.generation):
            return
        log.warning("a video was published again, since one of its blobs is damaged", video_id=video_id)
        event = VideoUploaded(uri=source.uri, accepted_at=source.stored_at, generation=source.generation)
        await self.publish(event)


@dataclass(frozen=True)
class Reconciler:
    """Looks for stuck videos at intervals. Several may run at once: publishing a video twice does no harm."""

    platform: Platform
    settings: CatalogSettings
    publish: Publish
    repairer: Repairer | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run until the context is left."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _forever(self) -> None:
        while True:
            # The random factor keeps several catalogs from looking at the same moment.
            await asyncio.sleep(self.settings.reconcile_every_s * random.uniform(0.5, 1.5))  # noqa: S311
            try:
                await self.reconcile()
            except (RushesError, KafkaError, OSError) as error:
                log.warning("could not look for stuck videos", error=repr(error))
            except Exception:
                # A video that nobody looks for is worse than an error that recurs in the log.
                log.exception("the reconciler failed; it goes on")

    async def reconcile(self) -> None:
        """Look once. Raises what the index, the blob store and the broker raise."""
        if self.repairer is not None:
            await self.repairer.repair()
        silent = await self._silent()
        if not silent:
            return
        # The lags are read after the records: whatever was scheduled before a record was read is seen here.
        oldest_ms = min(
            (lag.oldest_ms for lag in await lags(self.platform.settings.kafka) if lag.oldest_ms is not None),
            default=None,
        )
        for record in silent:
            if is_stuck(record, oldest_ms, now_ms(), self._after_ms):
                await self._restart(record)

    @property
    def _after_ms(self) -> int:
        return round(self.settings.stuck_after_s * 1000)

    async def _silent(self) -> list[VideoRecord]:
        silent = Filter([Match("status", ["processing"]), Range("updated_at", lt=now_ms() - self._after_ms)])
        return [record async for record in records(self.platform.index, silent)]

    async def _restart(self, record: VideoRecord) -> None:
        counted = await count_searched_points(self.platform.index, record.video_id) if is_complete(record) else None
        again = with_status(record, counted)
        if again.status != "processing":
            await self._write(record, "counted", again.status, again.reason, again.points)
        elif (uri := await self._uri(record)) is None:
            await self._write(record, "lost", "failed", LOST, record.points)
        # Written before it is published: a video that moved on meanwhile is not published at all.
        elif await self._write(record, "published", "processing", AGAIN, record.points):
            await self.publish(await self._event(record, uri))

    async def _event(self, record: VideoRecord, uri: str) -> VideoUploaded:
        """Return the event for the video's present generation. If the video is deleted meanwhile, it is dropped."""
        generation = record.video.generation if record.video else 0
        return VideoUploaded(
            uri=uri,
            accepted_at=record.video.stored_at if record.video else record.created_at,
            generation=generation or await next_generation(self.platform.blobs, record.video_id),
        )

    async def _write(
        self, record: VideoRecord, action: str, status: VideoStatus, reason: str | None, points: int
    ) -> bool:
        """Write the result unless the record has changed since it was read; return whether it was written."""
        changes = {"status": status, "reason": reason, "points": points, "updated_at": now_ms()}
        if not await amend_record(self.platform.index, record, **changes):
            log.info("the video moved on while it was looked at", video_id=record.video_id)
            return False
        log.warning("a video was stuck", video_id=record.video_id, action=action, reason=reason)
        self.platform.metrics.reconciled.labels(action).inc()
        return True

    async def _uri(self, record: VideoRecord) -> str | None:
        """Return where the bytes are: in the blob store, or where they were published from; None if nobody knows."""
        source = f"{video_prefix(record.video_id)}/source"
        if await self.platform.blobs.exists(source):
            return blob_uri(source)
        # No record keeps a password, so a URI that had one can't be fetched again: its id is that of the full URI.
        is_cut = record.provisional and record.uri is not None and provisional_id(record.uri) != record.video_id
        return None if is_cut else record.uri
