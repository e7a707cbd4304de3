"""The catalog: one record per video in the index, with its facts, its status and the ledger of its segments."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from rushes_embed import dead_letters as dead_letter_routes
from rushes_embed import rebuild
from rushes_embed.collection import ensure_scenes, ensure_videos
from rushes_embed.encoders import chosen
from rushes_embed.forget import forget, remove_record
from rushes_embed.ledger import applied, is_complete, is_of_provisional, standing
from rushes_embed.mend import Mender
from rushes_embed.reconcile import Reconciler
from rushes_embed.records import find_record, indexed_points, put_record, records
from rushes_embed.reindex import Reindexer
from rushes_embed.replay import Publishers
from rushes_embed.settings import CatalogSettings
from rushes_runtime.bus.dead_blobs import REPLAYED
from rushes_runtime.bus.dead_store import dead_letters, kept_in_blobs
from rushes_runtime.bus.oversize import remove_expired
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.bus.stage import Stage
from rushes_runtime.deletion import drops_deleted, forget_marks
from rushes_runtime.index.port import Filter, Index, Match
from rushes_runtime.platform import Platform
from rushes_runtime.provisional import provisional_record, remove_provisional
from rushes_runtime.service import Service
from rushes_runtime.settings import TopicSettings
from rushes_schemas.events import Event, VideoDeleted, VideoProgress
from rushes_schemas.ids import public_uri
from rushes_schemas.topics import (
    SEGMENT_PLANNED,
    SEGMENT_RECALLED,
    SEGMENT_TRANSCRIBED,
    VIDEO_DELETED,
    VIDEO_PROGRESS,
    VIDEO_UPLOADED,
    Topic,
)


def build(platform: Platform, settings: CatalogSettings) -> Service:
    """The service; it needs no model, only to know which ones the points are counted of."""
    images, texts = chosen(platform.settings.models)

    @asynccontextmanager
    async def collections_there() -> AsyncIterator[None]:
        await ensure_videos(platform.index)
        await ensure_scenes(platform, images, texts)
        expired_ms = now_ms() - _longest_retention_ms(platform.settings.topics)
        await forget_marks(platform.blobs, expired_ms)
        await remove_expired(platform.blobs, datetime.fromtimestamp(expired_ms / 1000, UTC))
        if (kept := kept_in_blobs(platform)) is not None:
            await kept.expire(now_ms() - platform.settings.topics.dead_letter_retention_h * 3_600_000)
        yield

    stage = Stage("catalog", platform, {"index": platform.index.ready, "blobs": platform.blobs.ready})
    handle(stage, platform)
    uploaded = stage.publishes(VIDEO_UPLOADED).publish
    reconciler = Reconciler(platform, settings, uploaded, Mender(platform, uploaded))
    reindexer = Reindexer(platform, stage.publishes(SEGMENT_RECALLED).publish)
    publishers = Publishers(
        ingest=_anew(stage, VIDEO_UPLOADED),
        asr=_anew(stage, SEGMENT_PLANNED),
        scenes=_anew(stage, SEGMENT_TRANSCRIBED),
    )
    return Service(
        "catalog",
        stages=[stage],
        http=[
            dead_letter_routes.routes(dead_letters(platform)),
            rebuild.routes(platform, reindexer, publishers),
        ],
        checks=stage.checks,
        lifespans=[collections_there(), stage.running(), reconciler.running(), reindexer.running()],
    )


def _anew(stage: Stage, topic: Topic) -> Callable[[Event], Awaitable[object]]:
    """Publishes events that are to be tried even where one like it was given up before: a person asked for it."""
    publisher = stage.publishes(topic)

    async def publish(event: Event) -> None:
        await publisher.publish(event, headers={REPLAYED: str(uuid4())})

    return publish


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
        await take_progress(index, event)


async def take_progress(index: Index, event: VideoProgress) -> None:
    """Write what an event says into the record of its video, or of the accepted URI that is no video yet. The events
    of one id come here in their order, and one at a time. Raises IndexUnavailable."""
    if is_of_provisional(event):
        await _take_provisional(index, event)
        return
    record = applied(await find_record(index, event.video_id), event)
    counted = await indexed_points(index, event.video_id) if is_complete(record) else None
    await put_record(index, standing(record, counted))
    if event.source:
        await remove_provisional(index, event.source)


async def _take_provisional(index: Index, event: VideoProgress) -> None:
    """The URI's and its video's events lie in different partitions: what was said of the URI before its video was known
    may come here after that. The video's record is looked for before and after the write, and written before the
    URI's is removed, so one of the two removes it whichever comes last."""
    assert event.source is not None
    known = await find_record(index, event.video_id) or provisional_record(event.source)
    if known.created_at > (event.source.accepted_at or 0) or await _is_known_since(index, event):
        return  # the URI was accepted again, or its video is known
    await put_record(index, standing(applied(known, event), None))
    if await _is_known_since(index, event):
        await remove_provisional(index, event.source)


async def _is_known_since(index: Index, event: VideoProgress) -> bool:
    """Whether the URI's bytes became a video after this was said."""
    assert event.source is not None
    async for record in records(index, Filter([Match("uris", [public_uri(event.source.uri)])])):
        if not record.provisional and record.ingest is not None and record.ingest.at >= event.at:
            return True
    return False


def _longest_retention_ms(topics: TopicSettings) -> int:
    return max(topics.retention_h, topics.dead_letter_retention_h) * 3_600_000
