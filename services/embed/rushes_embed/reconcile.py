"""The reconciler: finds videos that should have moved and did not, and sets them going again.

A video is *stuck* if it is `processing`, its ledger has been silent for a while, and no consumer has anything before it
that was published before that silence began, be it in a stage's topic or in a retry topic: then nothing is scheduled
for it, whatever the cause. It is counted again, and else published again, which costs only what has no artefact.

A look takes a while, and the videos move on meanwhile. So what it found is written only over the very record that it
read: a compare and set in the index.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiokafka.errors import KafkaError

from rushes_embed.ledger import is_complete, standing
from rushes_embed.mend import Mender
from rushes_embed.records import amend_record, indexed_points, records
from rushes_embed.settings import CatalogSettings
from rushes_runtime.artefacts import video_prefix
from rushes_runtime.bus.lag import lags
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import RushesError
from rushes_runtime.generations import next_generation
from rushes_runtime.index.port import Filter, Match, Range
from rushes_runtime.platform import Platform
from rushes_schemas.events import VideoUploaded
from rushes_schemas.ids import blob_uri, provisional_id
from rushes_schemas.index import VideoRecord, VideoStatus

AGAIN = "nothing was scheduled for it, so it was published again"
LOST = "its bytes were never stored and nobody knows where they came from: add it again"

Publish = Callable[[VideoUploaded], Awaitable[object]]

log = structlog.stdlib.get_logger("rushes.reconcile")


def is_stuck(record: VideoRecord, oldest_ms: int | None, now_ms: int, after_ms: int) -> bool:
    """Whether nothing is scheduled for the video. `oldest_ms` is when the oldest record that any consumer has still to
    settle was published, or None where none has; a retry that was given back is younger than the ledger's word on it
    by as much as it waited, for which `after_ms` leaves room."""
    silent_since = record.updated_at + after_ms
    return record.status == "processing" and silent_since < now_ms and (oldest_ms is None or oldest_ms > silent_since)


@dataclass(frozen=True)
class Reconciler:
    """Looks now and then. Several may run side by side: to be published twice does a video no harm."""

    platform: Platform
    settings: CatalogSettings
    publish: Publish
    mender: Mender | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look for as long as the context is open."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(self.settings.reconcile_every_s * random.uniform(0.5, 1.5))  # noqa: S311
            try:
                await self.look()
            except (RushesError, KafkaError, OSError) as error:
                log.warning("could not look for stuck videos", error=repr(error))
            except Exception:
                log.exception("the reconciler made a mistake; it goes on")

    async def look(self) -> None:
        """Look once. Raises what the index, the blob store and the broker raise."""
        if self.mender is not None:
            await self.mender.look()
        silent = await self._silent()
        if not silent:
            return
        oldest_ms = min(
            (lag.oldest_ms for lag in await lags(self.platform.settings.kafka) if lag.oldest_ms is not None),
            default=None,
        )
        for record in silent:
            if is_stuck(record, oldest_ms, now_ms(), self._after_ms):
                await self._set_going(record)

    @property
    def _after_ms(self) -> int:
        return round(self.settings.stuck_after_s * 1000)

    async def _silent(self) -> list[VideoRecord]:
        silent = Filter([Match("status", ["processing"]), Range("updated_at", lt=now_ms() - self._after_ms)])
        return [record async for record in records(self.platform.index, silent)]

    async def _set_going(self, record: VideoRecord) -> None:
        counted = await indexed_points(self.platform.index, record.video_id) if is_complete(record) else None
        again = standing(record, counted)
        if again.status != "processing":
            await self._write(record, "counted", again.status, again.reason, again.points)
        elif (uri := await self._uri(record)) is None:
            await self._write(record, "lost", "failed", LOST, record.points)
        elif await self._write(record, "published", "processing", AGAIN, record.points):
            await self.publish(await self._event(record, uri))

    async def _event(self, record: VideoRecord, uri: str) -> VideoUploaded:
        """For the life that there is now: should the video be deleted meanwhile, the event is dropped."""
        generation = record.video.generation if record.video else 0
        return VideoUploaded(
            uri=uri,
            accepted_at=record.video.stored_at if record.video else record.created_at,
            generation=generation or await next_generation(self.platform.blobs, record.video_id),
        )

    async def _write(
        self, record: VideoRecord, action: str, status: VideoStatus, reason: str | None, points: int
    ) -> bool:
        """Write what was found, unless the record is no longer the one that was looked at; whether it was written."""
        changes = {"status": status, "reason": reason, "points": points, "updated_at": now_ms()}
        if not await amend_record(self.platform.index, record, **changes):
            log.info("the video moved on while it was looked at", video_id=record.video_id)
            return False
        log.warning("a video was stuck", video_id=record.video_id, action=action, reason=reason)
        self.platform.metrics.reconciled.labels(action).inc()
        return True

    async def _uri(self, record: VideoRecord) -> str | None:
        """Where the bytes are: in the blob store, or where they were said to be; None where nobody knows, as of a URI
        that had a password, which no record keeps."""
        source = f"{video_prefix(record.video_id)}/source"
        if await self.platform.blobs.exists(source):
            return blob_uri(source)
        is_cut = record.provisional and record.uri is not None and provisional_id(record.uri) != record.video_id
        return None if is_cut else record.uri
