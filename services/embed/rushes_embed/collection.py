"""The collections: what they are made of, and which one the installation's models write to."""

from rushes_models.lexical import LexicalEncoder
from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_runtime.index.port import CollectionSpec, DenseSpec, Index
from rushes_runtime.recipe import recipe
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


def models_recipe(images: ImageTextEncoder, texts: TextEncoder) -> str:
    """The recipe of a collection: vectors of two different ones can't be compared."""
    made_with = {
        VISUAL: images.recipe.as_dict(),
        SPEECH: texts.recipe.as_dict(),
        LEXICAL: LexicalEncoder.recipe,
    }
    return recipe("embed", 1, made_with)


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


async def ensure_scenes(index: Index, images: ImageTextEncoder, texts: TextEncoder) -> str:
    """Make the collection of these models unless it is there; its name. The alias is set if nothing has it yet."""
    name = f"{SCENES_ALIAS}-{models_recipe(images, texts)}"
    await index.ensure(name, scenes_spec(images, texts))
    if await index.resolve(SCENES_ALIAS) is None:
        await index.point_alias(SCENES_ALIAS, name)
    return name


async def ensure_videos(index: Index) -> None:
    """Make the catalog's collection unless it is there."""
    await index.ensure(VIDEOS_COLLECTION, VIDEOS)
