"""Which collection is searched, and with which models: those of the one that the alias means, always together."""

import asyncio

import structlog

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_models.registry import encoders, recipes
from rushes_models.weights import WeightsError
from rushes_query.answers import SearchAnswer
from rushes_query.ask import Ask, LikeAsk
from rushes_query.pictures import Decode, decode_here
from rushes_query.reader import Reader
from rushes_query.search import Search
from rushes_query.settings import QuerySettings
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.made_with import find, recipe_of
from rushes_runtime.index.port import UnknownCollection
from rushes_runtime.platform import Platform
from rushes_schemas.index import SCENES_ALIAS

log = structlog.stdlib.get_logger("rushes.query")


class InUse:
    """Searches the collection that the alias means, by the models that it was filled with.

    Where the alias comes to mean a collection of other models, they are loaded first; until then the one before goes on
    to be searched. No question is ever put to a collection in another model's vectors.
    """

    def __init__(
        self,
        platform: Platform,
        settings: QuerySettings,
        texts: TextEncoder,
        images: ImageTextEncoder,
        decode: Decode = decode_here,
    ) -> None:
        """`texts` and `images` are the settings' own; `decode` decodes a question's image. Nothing is loaded."""
        self._decode = decode
        self._platform = platform
        self._settings = settings
        self._own = texts, images
        self._empty = Search(Reader(platform.index), texts, images, settings, decode=decode)
        self._loading: dict[str, asyncio.Task[Search]] = {}
        self._last: tuple[str, Search] | None = None

    async def warm(self) -> None:
        """Load what a search needs. Raises WeightsError."""
        await self._empty.warm()

    @property
    def is_warm(self) -> bool:
        """Whether every leg can answer."""
        return self._empty.is_warm

    async def search(self, ask: Ask) -> SearchAnswer:
        """As `Search.search`."""
        try:
            return await (await self.now()).search(ask)
        except UnknownCollection:
            return await (await self.now()).search(ask)  # it was ended in the middle of the question

    async def similar(self, scene_id: str, ask: LikeAsk) -> SearchAnswer:
        """As `Search.similar`."""
        return await (await self.now()).similar(scene_id, ask)

    async def now(self) -> Search:
        """The search of this moment. Raises IndexUnavailable; ConfigurationError where its models can't be loaded."""
        name = await self._platform.index.resolve(SCENES_ALIAS)
        if name is None or not self._empty.is_warm:
            return self._empty  # words are found all the same, in whatever the alias means
        if name not in self._loading:
            self._loading[name] = asyncio.create_task(self._load(name))
        loading = self._loading[name]
        if not loading.done() and (before := await self._before()):
            return before
        try:
            search = await asyncio.shield(loading)
        except ConfigurationError as error:
            self._loading.pop(name, None)  # the next question tries once more
            if before := await self._before():
                log.error("the collection before is searched", error=str(error))
                return before
            raise
        self._last = name, search
        return search

    async def _before(self) -> Search | None:
        """What was searched last, where it is still there."""
        name, search = self._last or ("", None)
        return search if search and name in await self._platform.index.collections() else None

    async def ready(self) -> None:
        """Return if there is something to search. Raises as `now` does."""
        await self.now()

    async def _load(self, name: str) -> Search:
        texts, images = await self._encoders(name)
        search = Search(Reader(self._platform.index, name), texts, images, self._settings, decode=self._decode)
        try:
            await search.warm()
        except WeightsError as error:
            raise ConfigurationError(f"the models of the collection {name} can't be loaded: {error}") from error
        log.info("searching", collection=name)
        return search

    async def _encoders(self, name: str) -> tuple[TextEncoder, ImageTextEncoder]:
        """A collection's. Raises ConfigurationError where they are not here."""
        ours, kept = self._platform.settings.models, await find(self._platform.blobs, name)
        if kept is None or (kept.image_text, kept.text) == (ours.image_text, ours.text):
            return self._own
        try:
            images, texts = encoders(ours.model_copy(update={"image_text": kept.image_text, "text": kept.text}))
            here = kept.model_copy(update=await asyncio.to_thread(recipes, images, texts))
        except (ValueError, WeightsError) as error:
            raise ConfigurationError(f"the models of the collection {name} are not here: {error}") from error
        if here.recipe != recipe_of(name):
            raise ConfigurationError(f"the models of the collection {name} are not those that it was filled with")
        return texts, images
