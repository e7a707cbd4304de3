"""The embed service, composed."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from rushes_embed.collection import ensure_scenes, remove_points
from rushes_embed.encoders import chosen
from rushes_embed.fill import Embed, Filler
from rushes_embed.recall import detected, planned
from rushes_embed.records import find_record
from rushes_embed.settings import EmbedSettings
from rushes_embed.targets import Targets
from rushes_embed.vectors import Vectors, VisualVectors, load, read, see
from rushes_runtime.bus.progress import made, now_ms
from rushes_runtime.bus.stage import Stage
from rushes_runtime.compute import ComputeChild
from rushes_runtime.deletion import drops_deleted, unless_deleted
from rushes_runtime.errors import Dropped
from rushes_runtime.memory import memory_limit
from rushes_runtime.platform import Platform
from rushes_runtime.record_context import Record
from rushes_runtime.service import Service
from rushes_runtime.settings import ModelSettings
from rushes_schemas.events import Scene, ScenesDetected, SegmentRecalled
from rushes_schemas.topics import SCENES_DETECTED, SEGMENT_RECALLED


class InChild:
    """`Embed` in a compute child."""

    def __init__(self, platform: Platform, settings: EmbedSettings) -> None:
        self.child = ComputeChild(
            partial(load, platform.blobs, platform.settings.models),
            name="embed",
            time_limit_s=settings.time_limit_s,
            memory_limit_bytes=memory_limit(settings.memory_limit, share=1 / 2, least=2_000_000_000),
        )

    async def see(self, scenes: Sequence[Scene], models: ModelSettings) -> VisualVectors:
        return await self.child.run(see, scenes, models)

    async def read(self, texts: Sequence[str], models: ModelSettings) -> Vectors:
        return await self.child.run(read, texts, models)


def build(platform: Platform, settings: EmbedSettings) -> Service:
    """The service; its models are loaded in a child process when it runs."""
    images, texts = chosen(platform.settings.models)
    embed = InChild(platform, settings)

    @asynccontextmanager
    async def collection_there() -> AsyncIterator[None]:
        await ensure_scenes(platform, images, texts)
        yield

    stage = Stage("embed", platform, {"blobs": platform.blobs.ready, "index": platform.index.ready})
    handle(stage, platform, embed)
    return Service(
        "embed",
        stages=[stage],
        checks=stage.checks | {"embed child": embed.child.ready},
        lifespans=[collection_there(), embed.child.running(), stage.running()],
    )


def handle(stage: Stage, platform: Platform, embed: Embed, now: Callable[[], int] = now_ms) -> None:
    """Register the handlers. `now` tells milliseconds since the Unix epoch."""
    targets, filler = Targets(platform), Filler(platform, embed, now)
    undo = partial(remove_points, platform.index)

    @stage.consumes(SCENES_DETECTED)
    @drops_deleted(platform.blobs, undo)
    async def on_scenes_detected(event: ScenesDetected, record: Record) -> None:
        """Put the segment's scenes into the index: into each collection that there is."""
        served, *others = await targets.all()
        visual, points = await filler.fill(served, event, record)
        for other in others:
            await filler.fill(other, event, record)
        await stage.progress.publish(made(event, visual, points=points))

    @stage.consumes(SEGMENT_RECALLED)
    async def on_segment_recalled(event: SegmentRecalled, record: Record) -> None:
        """Put a segment's scenes, as its artefacts tell them, into the collection that is being filled."""
        target, known = await targets.one(event.collection), await find_record(platform.index, event.video_id)
        if target is None or known is None or known.video is None:
            raise Dropped(f"there is no collection {event.collection} or no video {event.video_id} any more")
        async with unless_deleted(
            platform.blobs, event.video_id, known.video.generation, undo, stored_at=known.video.stored_at
        ):
            for segment in await planned(platform.blobs, known):
                if segment.segment.index == event.segment and (
                    scenes := await detected(platform.blobs, known, segment)
                ):
                    await filler.fill(target, scenes, record)
