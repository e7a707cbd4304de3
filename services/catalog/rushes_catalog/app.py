"""The catalog service: its composition and its Kafka handlers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from rushes_catalog.api import dead_letter_routes, reindex_routes
from rushes_catalog.ledger import take_progress
from rushes_catalog.purge import purge
from rushes_catalog.reconciler import Reconciler, Repairer
from rushes_catalog.reindex import Reindexer
from rushes_catalog.replay import Publishers
from rushes_catalog.settings import CatalogSettings
from rushes_models.registry import Encoders, encoders
from rushes_runtime.bus.dead_blobs import REPLAYED
from rushes_runtime.bus.dead_store import dead_letters, kept_in_blobs
from rushes_runtime.bus.oversize import remove_expired
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.bus.stage import Stage
from rushes_runtime.deletion import drops_deleted, forget_marks
from rushes_runtime.index.scene_collections import choose_encoders, ensure_scenes
from rushes_runtime.index.video_records import ensure_videos, remove_record
from rushes_runtime.platform import Platform
from rushes_runtime.record_context import Record
from rushes_runtime.service import Service
from rushes_schemas import topics
from rushes_schemas.events import Event, VideoDeleted, VideoProgress
from rushes_schemas.stages import REPLAYABLE


def build(platform: Platform, settings: CatalogSettings) -> Service:
    """Compose the service. It loads no model: it only has to know of which ones it counts the points."""
    stage = Stage("catalog", platform, {"index": platform.index.ready, "blobs": platform.blobs.ready})
    handle(stage, platform)
    uploaded = stage.publishes(topics.VIDEO_UPLOADED).publish
    reconciler = Reconciler(platform, settings, uploaded, Repairer(platform, uploaded))
    reindexer = Reindexer(platform, stage.publishes(topics.SEGMENT_RECALLED).publish)
    publishers: Publishers = {name: _publish_anew(stage, topics.consumed_by(name)) for name in REPLAYABLE}
    chosen = choose_encoders(platform.settings.models, encoders)
    return Service(
        "catalog",
        stages=[stage],
        http=[
            dead_letter_routes(dead_letters(platform)),
            reindex_routes(platform, reindexer, publishers),
        ],
        checks=stage.checks,
        lifespans=[_prepared(platform, chosen), stage.running(), reconciler.running(), reindexer.running()],
    )


def handle(stage: Stage, platform: Platform) -> None:
    """Register the handlers. A video's progress arrives in order, since it is keyed by the video's id."""
    index = platform.index

    @stage.consumes(topics.VIDEO_DELETED)
    async def on_video_deleted(event: VideoDeleted) -> None:
        """Remove everything of the video."""
        await purge(platform, event)

    @stage.consumes(topics.VIDEO_PROGRESS)
    @drops_deleted(platform.blobs, partial(remove_record, index))
    async def on_video_progress(event: VideoProgress, record: Record) -> None:
        """Write the report into the ledger, and count the points once nothing is left to do."""
        await take_progress(index, event, record.offset)


@asynccontextmanager
async def _prepared(platform: Platform, chosen: Encoders) -> AsyncIterator[None]:
    """Create the collections, and remove what has expired, before the first event is handled."""
    await ensure_videos(platform.index)
    await ensure_scenes(platform, chosen)
    await _remove_expired(platform)
    yield


async def _remove_expired(platform: Platform) -> None:
    settings, now = platform.settings.topics, now_ms()
    # A tombstone, and a record that was too large for its topic, are needed as long as a topic may still refer to them.
    expired_ms = now - max(settings.retention_h, settings.dead_letter_retention_h) * 3_600_000
    await forget_marks(platform.blobs, expired_ms)
    await remove_expired(platform.blobs, datetime.fromtimestamp(expired_ms / 1000, UTC))
    if (kept := kept_in_blobs(platform)) is not None:
        await kept.expire(now - settings.dead_letter_retention_h * 3_600_000)


def _publish_anew(stage: Stage, topic: topics.Topic) -> Callable[[Event], Awaitable[object]]:
    """Return a function that publishes a replay's events."""
    publisher = stage.publishes(topic)

    async def publish(event: Event) -> None:
        # An event that became a dead letter before is processed again, since a person asked for it.
        await publisher.publish(event, headers={REPLAYED: str(uuid4())})

    return publish
