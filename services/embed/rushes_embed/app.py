"""The embed service: its composition and its Kafka handlers."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from rushes_embed.index_writer import Embed, IndexWriter, SceneCollections
from rushes_embed.settings import EmbedSettings
from rushes_embed.worker import SceneVectors, Vectors, embed_pictures, embed_texts, load
from rushes_models.registry import encoders
from rushes_runtime.bus.progress import made, now_ms
from rushes_runtime.bus.stage import Stage
from rushes_runtime.compute import ComputeChild
from rushes_runtime.deletion import drops_deleted, unless_deleted
from rushes_runtime.errors import Dropped
from rushes_runtime.index.artefact_events import event_for, planned
from rushes_runtime.index.scene_collections import choose_encoders, ensure_scenes, remove_points
from rushes_runtime.index.video_records import find_record
from rushes_runtime.memory import memory_limit
from rushes_runtime.platform import Platform
from rushes_runtime.record_context import Record
from rushes_runtime.service import Service
from rushes_runtime.settings import ModelSettings
from rushes_schemas.events import Scene, ScenesDetected, SegmentRecalled
from rushes_schemas.topics import SCENES_DETECTED, SEGMENT_RECALLED


class EmbedInWorker:
    """`Embed` in a worker process."""

    def __init__(self, platform: Platform, settings: EmbedSettings) -> None:
        self.child = ComputeChild(
            partial(load, platform.blobs, platform.settings.models),
            name="embed",
            time_limit_s=settings.time_limit_s,
            memory_limit_bytes=memory_limit(settings.memory_limit, share=1 / 2, least=2_000_000_000),
        )

    async def embed_pictures(self, scenes: Sequence[Scene], models: ModelSettings) -> SceneVectors:
        """As `worker.embed_pictures`."""
        return await self.child.run(embed_pictures, scenes, models)

    async def embed_texts(self, texts: Sequence[str], models: ModelSettings) -> Vectors:
        """As `worker.embed_texts`."""
        return await self.child.run(embed_texts, texts, models)


def build(platform: Platform, settings: EmbedSettings) -> Service:
    """Compose the service. Its models are loaded in a worker process that starts with the service."""
    chosen = choose_encoders(platform.settings.models, encoders)
    embed = EmbedInWorker(platform, settings)

    @asynccontextmanager
    async def with_collection() -> AsyncIterator[None]:
        # Before the models are loaded: an index of other models is refused at once.
        await ensure_scenes(platform, chosen)
        yield

    stage = Stage("embed", platform, {"blobs": platform.blobs.ready, "index": platform.index.ready})
    handle(stage, platform, embed)
    return Service(
        "embed",
        stages=[stage],
        checks=stage.checks | {"embed child": embed.child.ready},
        lifespans=[with_collection(), embed.child.running(), stage.running()],
    )


def handle(stage: Stage, platform: Platform, embed: Embed, now: Callable[[], int] = now_ms) -> None:
    """Register the handlers. `now` returns milliseconds since the Unix epoch."""
    collections, writer = SceneCollections(platform), IndexWriter(platform, embed, now)
    undo = partial(remove_points, platform.index)

    @stage.consumes(SCENES_DETECTED)
    @drops_deleted(platform.blobs, undo)
    async def on_scenes_detected(event: ScenesDetected, record: Record) -> None:
        """Write the segment's scenes into every collection."""
        searched, *others = await collections.all()
        visual, points = await writer.write(searched, event, record)
        for other in others:
            await writer.write(other, event, record)
        # The ledger counts the points of the searched collection only.
        await stage.progress.publish(made(event, visual, points=points))

    @stage.consumes(SEGMENT_RECALLED)
    async def on_segment_recalled(event: SegmentRecalled, record: Record) -> None:
        """Write a segment's scenes, as its artefacts have them, into the collection that is being filled."""
        collection = await collections.one(event.collection)
        known = await find_record(platform.index, event.video_id)
        if collection is None or known is None or known.video is None:
            raise Dropped(f"the collection {event.collection} or the video {event.video_id} does not exist any more")
        async with unless_deleted(
            platform.blobs, event.video_id, known.video.generation, undo, stored_at=known.video.stored_at
        ):
            # A plan with fewer segments may have replaced the one that was published.
            for segment in await planned(platform.blobs, known):
                if segment.segment.index == event.segment:
                    scenes = await event_for("embed", platform.blobs, known, segment)
                    if isinstance(scenes, ScenesDetected):
                        await writer.write(collection, scenes, record)
