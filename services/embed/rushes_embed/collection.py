"""The collections: what they are made of, and which one the installation's models write to."""

import asyncio

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_models.registry import recipes
from rushes_models.weights import WeightsError
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.made_with import MadeWith, require_same_models, write_down
from rushes_runtime.index.port import CollectionSpec, DenseSpec, Filter, Index, Match
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
    VIDEO_INTEGER_FIELDS,
    VIDEO_KEYWORD_FIELDS,
    VIDEOS_COLLECTION,
    VISUAL,
)

VIDEOS = CollectionSpec(keyword_fields=VIDEO_KEYWORD_FIELDS, integer_fields=VIDEO_INTEGER_FIELDS)


def made_with(models: ModelSettings, images: ImageTextEncoder, texts: TextEncoder) -> MadeWith:
    """What a collection of the installation's models is made with.

    Blocks, once, where a model's weights are not pinned and have to be hashed. Raises ConfigurationError if they are
    not there.
    """
    try:
        return MadeWith.of(models, recipes(images, texts))
    except WeightsError as error:
        raise ConfigurationError(f"the models can't be used: {error}") from error


def scenes_spec(images: ImageTextEncoder, texts: TextEncoder) -> CollectionSpec:
    """What a collection of scenes is made of."""
    return CollectionSpec(
        dense={VISUAL: DenseSpec(images.dimensions, multi=True), SPEECH: DenseSpec(texts.dimensions)},
        sparse=(LEXICAL,),
        keyword_fields=SCENE_KEYWORD_FIELDS,
        integer_fields=SCENE_INTEGER_FIELDS,
        bool_fields=SCENE_BOOL_FIELDS,
        phrase_fields=SCENE_PHRASE_FIELDS,
    )


async def ensure_scenes(platform: Platform, images: ImageTextEncoder, texts: TextEncoder) -> str:
    """Make the collection of these models unless it is there; its name. The alias is set if nothing has it yet.

    Raises WrongModels, a ConfigurationError, if the alias means a collection of other models.
    """
    ours = await asyncio.to_thread(made_with, platform.settings.models, images, texts)
    await require_same_models(platform.index, platform.blobs, ours)
    served = await platform.index.resolve(SCENES_ALIAS)
    name = await make_scenes(platform.index, platform.blobs, ours, scenes_spec(images, texts), served)
    if served is None:
        await platform.index.point_alias(SCENES_ALIAS, name)
    return name


async def make_scenes(index: Index, blobs: Blobs, ours: MadeWith, spec: CollectionSpec, name: str | None = None) -> str:
    """Make a collection of these models beside whatever is there, unless it is there; its name. The alias stays as it
    is. From now on embed puts every new scene into it too."""
    name = name or ours.collection
    await write_down(blobs, ours, name)
    await index.ensure(name, spec)
    return name


async def ensure_videos(index: Index) -> None:
    """Make the catalog's collection unless it is there."""
    await index.ensure(VIDEOS_COLLECTION, VIDEOS)


async def scenes_collections(index: Index) -> list[str]:
    """The names of all collections of scenes, the alias's and others."""
    return [name for name in await index.collections() if name.startswith(f"{SCENES_ALIAS}-")]


async def count_points(index: Index, video_id: str) -> int:
    """How many points of a video there are, in all collections."""
    counts = [await index.count(name, of_video(video_id)) for name in await scenes_collections(index)]
    return sum(counts)


async def remove_points(index: Index, video_id: str) -> None:
    """Remove the points of a video from all collections."""
    for name in await scenes_collections(index):
        await index.delete(name, of_video(video_id))


def of_video(video_id: str) -> Filter:
    """What belongs to a video."""
    return Filter([Match("video_id", [video_id])])
