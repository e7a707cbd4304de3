"""A segment's scenes into a collection."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from rushes_embed.points import Stamps, points_of, stale, texts_of
from rushes_embed.targets import Target
from rushes_embed.vectors import Vectors, VisualVectors
from rushes_models.lexical import LexicalEncoder
from rushes_runtime.artefacts import Artefact, Made, find_or_make
from rushes_runtime.index.port import Index, UnknownCollection
from rushes_runtime.platform import Platform
from rushes_runtime.recipe import recipe
from rushes_runtime.record_context import RecordContext
from rushes_runtime.settings import ModelSettings
from rushes_schemas.events import Scene, ScenesDetected
from rushes_schemas.index import VIDEOS_COLLECTION


class Embed(Protocol):
    """Pictures and texts to vectors of these models, off the event loop."""

    async def see(self, scenes: Sequence[Scene], models: ModelSettings) -> VisualVectors: ...

    async def read(self, texts: Sequence[str], models: ModelSettings) -> Vectors: ...


class Filler:
    """Puts scenes into collections; `now` tells milliseconds since the Unix epoch."""

    def __init__(self, platform: Platform, embed: Embed, now: Callable[[], int]) -> None:
        self._platform = platform
        self._embed = embed
        self._now = now
        self._lexical = LexicalEncoder()

    async def fill(
        self, target: Target, event: ScenesDetected, record: RecordContext
    ) -> tuple[Made[VisualVectors], int]:
        """Put the segment's scenes there, in the place of what was there of them; their vectors and how many points."""
        index, models = self._platform.index, target.models
        work = partial(self._embed.see, event.scenes, models)
        artefact = artefact_of(event, target)
        record.learn(recipe=artefact.recipe)
        visual = await find_or_make(self._platform.blobs, artefact, VisualVectors, work)
        speech = await self._embed.read(texts_of(event), models)
        mixed = recipe("points", 1, {"models": target.made_with.recipe, "scenes": event.scenes_recipe})
        stamps = await _stamps(index, event.video.video_id, self._now())
        points = points_of(event, visual.content.decoded(), speech, self._lexical, mixed, stamps)
        await index.upsert(target.collection, points)
        for replaced in stale(event, mixed):
            await index.delete(target.collection, replaced)
        return visual, len(points)


async def _stamps(index: Index, video_id: str, now: int) -> Stamps:
    """The catalog's date, so that a video that is indexed anew stays as old as it is. The catalog hears of a video when
    ingest does, long before its first scene comes here; where it lags behind even so, the video is as old as now."""
    try:
        found = await index.get(VIDEOS_COLLECTION, [video_id], fields=["created_at"])
    except UnknownCollection:
        found = []
    return Stamps(added_at=found[0].payload["created_at"] if found else now, indexed_at=now)


def artefact_of(event: ScenesDetected, target: Target) -> Artefact:
    """The name of a segment's visual vectors: other scenes or another model make others. Text vectors are made anew
    each time, since they are cheap and the title may have changed."""
    made_with = recipe("visual", 1, {"model": target.made_with.visual, "scenes": event.scenes_recipe})
    return Artefact(event.video.video_id, event.segment.index, "embed", made_with)
