"""The collections that scenes are put into: every one there is, so that one that is being filled misses nothing that is
new, and one that was left behind can be gone back to."""

import asyncio
from dataclasses import dataclass

from rushes_embed.collection import made_with, scenes_collections
from rushes_embed.encoders import chosen
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.made_with import MadeWith, find, recipe_of
from rushes_runtime.index.port import UnknownCollection
from rushes_runtime.platform import Platform
from rushes_runtime.settings import ModelSettings
from rushes_schemas.index import SCENES_ALIAS


@dataclass(frozen=True)
class Target:
    """A collection and the models that its vectors are of."""

    collection: str
    made_with: MadeWith
    models: ModelSettings


class Targets:
    """Looks which collections there are. Methods raise IndexUnavailable, BlobsUnavailable, and ConfigurationError where
    the models of one are not those that it was made with."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._known: dict[str, Target] = {}

    async def all(self) -> list[Target]:
        """All of them, the one that is searched first. Raises UnknownCollection while none is."""
        index = self._platform.index
        served = await index.resolve(SCENES_ALIAS)
        if served is None:
            raise UnknownCollection(f"the index has no {SCENES_ALIAS} (yet)")
        others = [name for name in await scenes_collections(index) if name != served]
        return [await self._target(name) for name in (served, *others)]

    async def one(self, name: str) -> Target | None:
        """The collection of this name, or None where there is none (any more)."""
        return await self._target(name) if name in await scenes_collections(self._platform.index) else None

    async def _target(self, name: str) -> Target:
        if name not in self._known:
            self._known[name] = await target_of(self._platform, name)
        return self._known[name]


async def target_of(platform: Platform, name: str) -> Target:
    """What is known of a collection, held against the models as they are here and now."""
    ours = platform.settings.models
    kept = await find(platform.blobs, name)
    models = ours.model_copy(update={"image_text": kept.image_text, "text": kept.text}) if kept else ours
    here = await asyncio.to_thread(made_with, models, *chosen(models))
    if here.recipe != recipe_of(name):
        raise ConfigurationError(
            f"the collection {name} was filled by other models than {models.image_text} and {models.text} are here: "
            "end it with `rushes reindex --drop-old`"
        )
    return Target(name, here, models)
