"""The embed service, composed."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol

from rushes_embed.collection import ensure_scenes, made_with, remove_points
from rushes_embed.encoders import chosen
from rushes_embed.points import Stamps, points_of, stale, texts_of
from rushes_embed.settings import EmbedSettings
from rushes_embed.vectors import Vectors, VisualVectors, load, read, see
from rushes_models.lexical import LexicalEncoder
from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_runtime.artefacts import Artefact, find_or_make
from rushes_runtime.bus.progress import made, now_ms
from rushes_runtime.bus.stage import Stage
from rushes_runtime.compute import ComputeChild
from rushes_runtime.deletion import drops_deleted
from rushes_runtime.index.port import Index, UnknownCollection
from rushes_runtime.platform import Platform
from rushes_runtime.recipe import recipe
from rushes_runtime.service import Service
from rushes_schemas.events import Scene, ScenesDetected
from rushes_schemas.index import VIDEOS_COLLECTION
from rushes_schemas.topics import SCENES_DETECTED


class Embed(Protocol):
    """Pictures and texts to vectors, off the event loop."""

    async def see(self, scenes: Sequence[Scene]) -> VisualVectors: ...

    async def read(self, texts: Sequence[str]) -> Vectors: ...


class InChild:
    """`Embed` in a compute child."""

    def __init__(self, platform: Platform, settings: EmbedSettings) -> None:
        self.child = ComputeChild(
            partial(load, platform.blobs, platform.settings.models),
            name="embed",
            time_limit_s=settings.time_limit_s,
            memory_limit_bytes=settings.memory_limit,
        )

    async def see(self, scenes: Sequence[Scene]) -> VisualVectors:
        return await self.child.run(see, scenes)

    async def read(self, texts: Sequence[str]) -> Vectors:
        return await self.child.run(read, texts)


def build(platform: Platform, settings: EmbedSettings) -> Service:
    """The service; its models are loaded in a child process when it runs."""
    images, texts = chosen(platform.settings.models)
    embed = InChild(platform, settings)

    @asynccontextmanager
    async def collection_there() -> AsyncIterator[None]:
        await ensure_scenes(platform, images, texts)
        yield

    stage = Stage("embed", platform, {"blobs": platform.blobs.ready, "index": platform.index.ready})
    handle(stage, platform, embed, images, texts)
    return Service(
        "embed",
        bus=[stage.router],
        checks=stage.checks | {"embed child": embed.child.ready},
        lifespans=[collection_there(), embed.child.running(), stage.running()],
    )


def handle(
    stage: Stage,
    platform: Platform,
    embed: Embed,
    images: ImageTextEncoder,
    texts: TextEncoder,
    now: Callable[[], int] = now_ms,
) -> None:
    """Register the handler. `now` tells milliseconds since the Unix epoch."""
    lexical = LexicalEncoder()

    @stage.consumes(SCENES_DETECTED)
    @drops_deleted(platform.blobs, partial(remove_points, platform.index))
    async def on_scenes_detected(event: ScenesDetected) -> None:
        """Put the segment's scenes into the index, in the place of what was there of them."""
        models = made_with(platform.settings.models, images, texts)
        artefact = artefact_of(event, images)
        visual = await find_or_make(platform.blobs, artefact, VisualVectors, partial(embed.see, event.scenes))
        speech = await embed.read(texts_of(event))
        mixed = recipe("points", 1, {"models": models.recipe, "scenes": event.scenes_recipe})
        stamps = await _stamps(platform.index, event.video.video_id, now())
        points = points_of(event, visual.content.decoded(), speech, lexical, mixed, stamps)
        await platform.index.upsert(models.collection, points)
        for replaced in stale(event, mixed):
            await platform.index.delete(models.collection, replaced)
        await stage.progress.publish(made(event, visual, points=len(points)))


async def _stamps(index: Index, video_id: str, now: int) -> Stamps:
    """The catalog's date, so that a video that is indexed anew stays as old as it is. The catalog hears of a video when
    ingest does, long before its first scene comes here; where it lags behind even so, the video is as old as now."""
    try:
        found = await index.get(VIDEOS_COLLECTION, [video_id], fields=["created_at"])
    except UnknownCollection:
        found = []
    return Stamps(added_at=found[0].payload["created_at"] if found else now, indexed_at=now)


def artefact_of(event: ScenesDetected, images: ImageTextEncoder) -> Artefact:
    """The name of a segment's visual vectors: other scenes or another model make others. Text vectors are made anew
    each time, since they are cheap and the title may have changed."""
    made_with = recipe("visual", 1, {"model": images.recipe.as_dict(), "scenes": event.scenes_recipe})
    return Artefact(event.video.video_id, event.segment.index, "embed", made_with)
