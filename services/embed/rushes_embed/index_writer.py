"""Writes a segment's scenes into the collections of the index.

Scenes are written into every collection that exists: so a collection that is being filled misses nothing new, and a
rollback finds the old one up to date.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from rushes_embed.points import Timestamps, points_of, replaced_points, texts_of
from rushes_embed.worker import SceneVectors, Vectors
from rushes_models.lexical import LexicalEncoder
from rushes_models.registry import encoders
from rushes_runtime.artefacts import Artefact, Made, find_or_make
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.made_with import MadeWith, find, recipe_of
from rushes_runtime.index.port import Index, UnknownCollection
from rushes_runtime.index.scene_collections import choose_encoders, fingerprint, scenes_collections, searched_and_others
from rushes_runtime.platform import Platform
from rushes_runtime.recipe import recipe
from rushes_runtime.record_context import RecordContext
from rushes_runtime.settings import ModelSettings
from rushes_schemas.events import Scene, ScenesDetected
from rushes_schemas.index import VIDEOS_COLLECTION


@dataclass(frozen=True)
class SceneCollection:
    """A collection of scenes, and the models of its vectors."""

    name: str
    made_with: MadeWith
    models: ModelSettings


class SceneCollections:
    """The collections of scenes that exist.

    Methods raise IndexUnavailable, BlobsUnavailable, and ConfigurationError if a collection's models are not those that
    it was filled with.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        # Fingerprinting hashes unpinned weights, which takes a second per gigabyte.
        self._known: dict[str, SceneCollection] = {}

    async def all(self) -> list[SceneCollection]:
        """Return all of them, the searched one first. Raises UnknownCollection if none is searched yet."""
        searched, others = await searched_and_others(self._platform.index)
        return [await self._collection(name) for name in (searched, *others)]

    async def one(self, name: str) -> SceneCollection | None:
        """Return the collection of this name, or None if it does not exist (any more)."""
        return await self._collection(name) if name in await scenes_collections(self._platform.index) else None

    async def _collection(self, name: str) -> SceneCollection:
        if name not in self._known:
            self._known[name] = await open_collection(self._platform, name)
        return self._known[name]


async def open_collection(platform: Platform, name: str) -> SceneCollection:
    """Return a collection, once its models were compared with those that are installed here.

    Raises ConfigurationError if they differ: their vectors could not be compared.
    """
    settings = platform.settings.models
    kept = await find(platform.blobs, name)
    models = settings.model_copy(update={"image_text": kept.image_text, "text": kept.text}) if kept else settings
    here = await asyncio.to_thread(fingerprint, models, choose_encoders(models, encoders))
    if here.recipe != recipe_of(name):
        raise ConfigurationError(
            f"the collection {name} was filled by other models than {models.image_text} and {models.text} are here: "
            "end it with `rushes reindex --drop-old`"
        )
    return SceneCollection(name, here, models)


class Embed(Protocol):
    """Turns pictures and texts into vectors of these models, off the event loop."""

    async def embed_pictures(self, scenes: Sequence[Scene], models: ModelSettings) -> SceneVectors: ...

    async def embed_texts(self, texts: Sequence[str], models: ModelSettings) -> Vectors: ...


class IndexWriter:
    """Writes scenes into collections. `now` returns milliseconds since the Unix epoch."""

    def __init__(self, platform: Platform, embed: Embed, now: Callable[[], int]) -> None:
        self._platform = platform
        self._embed = embed
        self._now = now
        self._lexical = LexicalEncoder()

    async def write(
        self, collection: SceneCollection, event: ScenesDetected, record: RecordContext
    ) -> tuple[Made[SceneVectors], int]:
        """Replace the segment's points in a collection; return the visual vectors and the number of points.

        A repetition writes the same points. Raises IndexUnavailable, BlobsUnavailable, and the worker's errors.
        """
        index, models = self._platform.index, collection.models
        work = partial(self._embed.embed_pictures, event.scenes, models)
        artefact = artefact_of(event, collection)
        record.learn(recipe=artefact.recipe)
        visual = await find_or_make(self._platform.blobs, artefact, SceneVectors, work)
        # Not an artefact: see `artefact_of`.
        speech = await self._embed.embed_texts(texts_of(event), models)
        points_recipe = recipe("points", 1, {"models": collection.made_with.recipe, "scenes": event.scenes_recipe})
        timestamps = await _timestamps(index, event.video.video_id, self._now())
        points = points_of(event, visual.content.decoded(), speech, self._lexical, points_recipe, timestamps)
        # New points first: a search in between finds a scene twice rather than not at all.
        await index.upsert(collection.name, points)
        for replaced in replaced_points(event, points_recipe):
            await index.delete(collection.name, replaced)
        return visual, len(points)


async def _timestamps(index: Index, video_id: str, now: int) -> Timestamps:
    """Take `added_at` from the catalog, so that a video that is indexed again keeps its age.

    The catalog learns of a video when ingest does, long before its first scene comes here. If it lags behind all the
    same, the video counts as added now.
    """
    try:
        found = await index.get(VIDEOS_COLLECTION, [video_id], fields=["created_at"])
    except UnknownCollection:
        found = []
    return Timestamps(added_at=found[0].payload["created_at"] if found else now, indexed_at=now)


def artefact_of(event: ScenesDetected, collection: SceneCollection) -> Artefact:
    """Return the artefact of a segment's visual vectors. Its recipe changes with the scenes and the image-text model.

    Text vectors have no artefact: they are cheap, and the title may have changed.
    """
    # These keys are hashed: renaming one would make every stored artefact unfindable.
    visual_recipe = recipe("visual", 1, {"model": collection.made_with.visual, "scenes": event.scenes_recipe})
    return Artefact(event.video.video_id, event.segment.index, "embed", visual_recipe)
