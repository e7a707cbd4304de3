"""The collections of scenes: what they are made of, and which one the installation's models write to.

A collection belongs to one image-text model and one text model. The alias points to the collection that is searched.
The runtime imports no models, so callers pass the encoders that `rushes_models.registry.encoders` returns.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.made_with import MadeWith, require_same_models, write_down
from rushes_runtime.index.port import CollectionSpec, DenseSpec, Filter, Index, Match, UnknownCollection
from rushes_runtime.platform import Platform
from rushes_runtime.settings import ModelSettings
from rushes_schemas.index import (
    LEXICAL,
    SCENE_BOOL_FIELDS,
    SCENE_INTEGER_FIELDS,
    SCENE_KEYWORD_FIELDS,
    SCENE_PHRASE_FIELDS,
    SCENES_ALIAS,
    SPEECH,
    VISUAL,
)


class HasDimensions(Protocol):
    """An encoder, as far as a collection depends on it."""

    @property
    def dimensions(self) -> int:
        """The length of its vectors."""
        ...


class SceneEncoders(Protocol):
    """The encoders of an installation, as far as a collection depends on them."""

    @property
    def images(self) -> HasDimensions:
        """The image-text encoder."""
        ...

    @property
    def texts(self) -> HasDimensions:
        """The text encoder."""
        ...

    def recipes(self) -> dict[str, Any]:
        """Return the recipe of each leg. Blocks while unpinned weights are hashed; raises ValueError."""
        ...


E = TypeVar("E", bound=SceneEncoders)


def choose_encoders(models: ModelSettings, encoders: Callable[[ModelSettings], E]) -> E:
    """Return the encoders that the settings name, not loaded yet. `encoders` finds them by name.

    Raises ConfigurationError for a name that no model has.
    """
    try:
        return encoders(models)
    except ValueError as error:
        raise ConfigurationError(f"RUSHES_MODELS__IMAGE_TEXT or RUSHES_MODELS__TEXT is wrong: {error}") from error


def fingerprint(models: ModelSettings, encoders: SceneEncoders) -> MadeWith:
    """Return the fingerprint of a collection of these models.

    Blocks once if a model's weights are not pinned and have to be hashed. Raises ConfigurationError if they are
    missing.
    """
    try:
        recipes = encoders.recipes()
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return MadeWith.of(models, recipes)


def scenes_spec(encoders: SceneEncoders) -> CollectionSpec:
    """Return the vectors and payload indexes of a collection of scenes."""
    return CollectionSpec(
        # A scene has one visual row per keyframe, and one speech vector.
        dense={VISUAL: DenseSpec(encoders.images.dimensions, multi=True), SPEECH: DenseSpec(encoders.texts.dimensions)},
        sparse=(LEXICAL,),
        keyword_fields=SCENE_KEYWORD_FIELDS,
        integer_fields=SCENE_INTEGER_FIELDS,
        bool_fields=SCENE_BOOL_FIELDS,
        phrase_fields=SCENE_PHRASE_FIELDS,
    )


async def ensure_scenes(platform: Platform, encoders: SceneEncoders) -> str:
    """Create the collection of these models if it is missing, and return its name. Sets the alias if none is set yet.

    Raises WrongModels, a ConfigurationError, if the alias points to a collection of other models.
    """
    # Hashing unpinned weights takes a second per gigabyte, hence the thread.
    ours = await asyncio.to_thread(fingerprint, platform.settings.models, encoders)
    await require_same_models(platform.index, platform.blobs, ours)
    served = await platform.index.resolve(SCENES_ALIAS)
    name = await make_scenes(platform.index, platform.blobs, ours, scenes_spec(encoders), served)
    if served is None:
        await platform.index.point_alias(SCENES_ALIAS, name)
    return name


async def make_scenes(index: Index, blobs: Blobs, ours: MadeWith, spec: CollectionSpec, name: str | None = None) -> str:
    """Create a collection of these models if it is missing, and return its name. The alias is left as it is.

    From now on embed writes every new scene into this collection too.
    """
    name = name or ours.collection
    # The fingerprint comes first: a collection without one would be taken for one of the settings' models.
    await write_down(blobs, ours, name)
    await index.ensure(name, spec)
    return name


async def searched_collection(index: Index) -> str:
    """Return the name of the collection that is searched. Raises UnknownCollection if there is none yet."""
    served = await index.resolve(SCENES_ALIAS)
    if served is None:
        raise UnknownCollection(f"the index has no {SCENES_ALIAS} (yet)")
    return served


async def scenes_collections(index: Index) -> list[str]:
    """Return the names of all collections of scenes, the searched one included."""
    return [name for name in await index.collections() if name.startswith(f"{SCENES_ALIAS}-")]


async def searched_and_others(index: Index) -> tuple[str, list[str]]:
    """Return the collection that is searched, and the others. Raises UnknownCollection if none is searched yet."""
    searched = await searched_collection(index)
    return searched, [name for name in await scenes_collections(index) if name != searched]


async def count_points(index: Index, video_id: str) -> int:
    """Return the number of points of a video in all collections."""
    counts = [await index.count(name, of_video(video_id)) for name in await scenes_collections(index)]
    return sum(counts)


async def count_searched_points(index: Index, video_id: str) -> int:
    """Return the number of scenes of a video that a search can find."""
    return await index.count(SCENES_ALIAS, of_video(video_id))


async def remove_points(index: Index, video_id: str) -> None:
    """Remove the points of a video from all collections."""
    for name in await scenes_collections(index):
        await index.delete(name, of_video(video_id))


def of_video(video_id: str) -> Filter:
    """Return the filter for the points, or the record, of a video."""
    return Filter([Match("video_id", [video_id])])
