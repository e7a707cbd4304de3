"""The catalog: one record per video in the index, with its facts, its status and the ledger of its segments."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rushes_embed import dead_letters
from rushes_embed.collection import ensure_scenes, ensure_videos
from rushes_embed.ledger import applied, is_complete, standing
from rushes_models.registry import image_text_encoder, text_encoder
from rushes_runtime.bus.dead import DeadLetters
from rushes_runtime.bus.stage import Stage
from rushes_runtime.index.port import Filter, Index, Match, Point
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service
from rushes_schemas.events import VideoProgress
from rushes_schemas.index import SCENES_ALIAS, VIDEOS_COLLECTION, VideoRecord, as_payload
from rushes_schemas.topics import VIDEO_PROGRESS


def build(platform: Platform) -> Service:
    """The service; it needs no model, only to know which ones the points are counted of."""
    models = platform.settings.models

    @asynccontextmanager
    async def collections_there() -> AsyncIterator[None]:
        await ensure_videos(platform.index)
        await ensure_scenes(
            platform.index,
            image_text_encoder(models.image_text, models.threads),
            text_encoder(models.text, models.threads),
        )
        yield

    stage = Stage("catalog", platform, {"index": platform.index.ready})
    handle(stage, platform.index)
    return Service(
        "catalog",
        bus=[stage.router],
        http=[dead_letters.routes(DeadLetters(platform.settings.kafka))],
        checks=stage.checks,
        lifespans=[collections_there(), stage.running()],
    )


def handle(stage: Stage, index: Index) -> None:
    """Register the handler. A video's events come in order, since they are keyed by it."""

    @stage.consumes(VIDEO_PROGRESS)
    async def on_video_progress(event: VideoProgress) -> None:
        """Write what the event says into the ledger, and count the points once nothing is left to do."""
        record = applied(await find_record(index, event.video_id), event)
        counted = await _count(index, event.video_id) if is_complete(record) else None
        await put_record(index, standing(record, counted))


async def find_record(index: Index, video_id: str) -> VideoRecord | None:
    """A video's record, or None where the catalog does not know it."""
    found = await index.get(VIDEOS_COLLECTION, [video_id])
    return VideoRecord.model_validate(found[0].payload) if found else None


async def put_record(index: Index, record: VideoRecord) -> None:
    """Store a video's record in the place of the one before."""
    await index.upsert(VIDEOS_COLLECTION, [Point(record.video_id, as_payload(record))])


async def _count(index: Index, video_id: str) -> int:
    return await index.count(SCENES_ALIAS, Filter([Match("video_id", [video_id])]))
