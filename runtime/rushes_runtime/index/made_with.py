"""Which models a collection of scenes is made with, and the refusal to mix it with others.

A collection's name holds the recipe of its models, so that two models never meet in one. What stands behind the recipe
lies in the blob store, so that a refusal can name both.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

from rushes_runtime.artefacts import read, write
from rushes_runtime.blobs import Blobs, BlobsUnavailable
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.port import Index
from rushes_runtime.recipe import recipe
from rushes_runtime.settings import ModelSettings
from rushes_runtime.stored_json import NewerFormat
from rushes_schemas.index import LEXICAL, SCENES_ALIAS, SPEECH, VISUAL


class WrongModels(ConfigurationError):
    """The index was filled with other models than the settings name."""


class MadeWith(BaseModel):
    """What a collection's vectors come from: what the settings say, and the models' own recipes."""

    model_config = ConfigDict(frozen=True)

    image_text: str
    text: str
    visual: dict[str, Any]
    speech: dict[str, Any]
    lexical: str

    @classmethod
    def of(cls, settings: ModelSettings, recipes: dict[str, Any]) -> "MadeWith":
        """`recipes`: of the three legs, as `rushes_models.registry` gives them."""
        return cls(image_text=settings.image_text, text=settings.text, **recipes)

    @property
    def recipe(self) -> str:
        """The models' part of every point's recipe. The names in the settings have none in it: a model may move."""
        return recipe("embed", 1, {VISUAL: self.visual, SPEECH: self.speech, LEXICAL: self.lexical})

    @property
    def collection(self) -> str:
        """The name of the first collection of these models. One that is rebuilt of the same has a number behind it."""
        return f"{SCENES_ALIAS}-{self.recipe}"


def recipe_of(collection: str) -> str:
    """The models' recipe in the name of a collection."""
    return collection.removeprefix(f"{SCENES_ALIAS}-").split("-")[0]


async def write_down(blobs: Blobs, made_with: MadeWith, collection: str) -> None:
    """Keep what a collection is made with."""
    await write(blobs, _key(collection), made_with)


async def find(blobs: Blobs, collection: str) -> MadeWith | None:
    """What a collection is made with, or None where that was not kept. Raises ConfigurationError where a newer program
    has made it."""
    try:
        return await read(blobs, _key(collection), MadeWith)
    except NewerFormat as error:
        raise ConfigurationError(f"the collection {collection} is of a newer rushes: {error}") from error


async def forget(blobs: Blobs, collection: str) -> None:
    """The collection is no more."""
    await blobs.delete(_key(collection))


async def require_same_models(index: Index, blobs: Blobs, ours: MadeWith) -> None:
    """Raises WrongModels if the alias means a collection of other models; IndexUnavailable as `Index` does."""
    theirs = await index.resolve(SCENES_ALIAS)
    if theirs is None or recipe_of(theirs) == ours.recipe:
        return
    try:
        found = await find(blobs, theirs)
    except BlobsUnavailable:
        found = None  # only the sentence is poorer for it
    raise WrongModels(_sentence(ours, theirs, found))


def _key(collection: str) -> str:
    return f"collections/{collection}.json"


def _sentence(ours: MadeWith, collection: str, theirs: MadeWith | None) -> str:
    """What differs, and what to do."""
    settings = {"RUSHES_MODELS__IMAGE_TEXT": "visual", "RUSHES_MODELS__TEXT": "speech"}
    if theirs is None:
        said = " and ".join(settings)
        return f"the index holds {collection}, of other models than {said} name: set them back, or run `rushes reindex`"
    differ = {setting: leg for setting, leg in settings.items() if getattr(ours, leg) != getattr(theirs, leg)}
    if not differ:
        return f"the index was filled with the words of {theirs.lexical}, this is {ours.lexical}: run `rushes reindex`"
    now = " and ".join(f"{setting} is {_named(ours, leg)}" for setting, leg in differ.items())
    then = " and ".join(_named(theirs, leg) for leg in differ.values())
    return f"{now}, but the index was filled with {then}: set it back, or run `rushes reindex`"


def _named(made_with: MadeWith, leg: str) -> str:
    """A model by its setting, and by what tells two of that name apart."""
    name = made_with.image_text if leg == "visual" else made_with.text
    itself: dict[str, Any] = getattr(made_with, leg)
    return f"{name} ({itself.get('precision')}, SHA-256 {str(itself.get('weights_sha256'))[:8]})"
