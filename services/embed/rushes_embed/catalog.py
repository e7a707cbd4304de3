"""The catalog: one record per video in the index, with its facts, its status and the ledger of its segments."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from rushes_embed import dead_letters, rebuild
from rushes_embed.collection import ensure_scenes, ensure_videos
from rushes_embed.encoders import chosen
from rushes_embed.forget import forget, remove_record
from rushes_embed.ledger import applied, is_complete, standing
from rushes_embed.mend import Mender
from rushes_embed.reconcile import Reconciler
from rushes_embed.records import find_record, indexed_points, put_record
from rushes_embed.reindex import Reindexer
from rushes_embed.replay import Publishers
from rushes_embed.settings import CatalogSettings
from rushes_runtime.bus.dead import DeadLetters
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.bus.stage import Stage
from rushes_runtime.deletion import drops_deleted, forget_marks
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service
from rushes_runtime.settings import TopicSettings
from rushes_schemas.events import VideoDeleted, VideoProgress
from rushes_schemas.topics import (
    SEGMENT_PLANNED,
    SEGMENT_RECALLED,
    SEGMENT_TRANSCRIBED,
    VIDEO_DELETED,
    VIDEO_PROGRESS,
    VIDEO_UPLOADED,
)


def build(platform: Platform, settings: CatalogSettings) -> Service:
    """The service; it needs no model, only to know which ones the points are counted of."""
    images, texts = chosen(platform.settings.models)

    @asynccontextmanager
    async def collections_there() -> AsyncIterator[None]:
        await ensure_videos(platform.index)
        await ensure_scenes(platform, images, texts)
        await forget_marks(platform.blobs, now_ms() - _longest_retention_ms(platform.settings.topics))
        yield

    stage = Stage("catalog", platform, {"index": platform.index.ready, "blobs": platform.blobs.ready})
    handle(stage, platform)
    uploaded = stage.publishes(VIDEO_UPLOADED).publish
    reconciler = Reconciler(platform, settings, uploaded, Mender(platform, uploaded))
    reindexer = Reindexer(platform, stage.publishes(SEGMENT_RECALLED).publish)
    publishers = Publishers(
        ingest=uploaded,
        asr=stage.publishes(SEGMENT_PLANNED).publish,
        scenes=stage.publishes(SEGMENT_TRANSCRIBED).publish,
    )
    return Service(
        "catalog",
        stages=[stage],
        http=[
            dead_letters.routes(DeadLetters(platform.settings.kafka)),
            rebuild.routes(platform, reindexer, publishers),
        ],
        checks=stage.checks,
        lifespans=[collections_there(), stage.running(), reconciler.running(), reindexer.running()],
    )


def handle(stage: Stage, platform: Platform) -> None:
    """Register the handlers. A video's progress comes in order, since it is keyed by it."""
    index = platform.index

    @stage.consumes(VIDEO_DELETED)
    async def on_video_deleted(event: VideoDeleted) -> None:
        """Remove all that there is of the video."""
        await forget(platform, event)

    @stage.consumes(VIDEO_PROGRESS)
    @drops_deleted(platform.blobs, partial(remove_record, index))
    async def on_video_progress(event: VideoProgress) -> None:
        """Write what the event says into the ledger, and count the points once nothing is left to do."""
        record = applied(await find_record(index, event.video_id), event)
        counted = await indexed_points(index, event.video_id) if is_complete(record) else None
        await put_record(index, standing(record, counted))


def _longest_retention_ms(topics: TopicSettings) -> int:
    return max(topics.retention_h, topics.dead_letter_retention_h) * 3_600_000
