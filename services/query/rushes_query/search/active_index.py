"""The collection that is searched, and its models: those of the collection behind the alias, always together."""

import asyncio

import structlog

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_models.registry import encoders, recipes
from rushes_models.weights import WeightsError
from rushes_query.index_reader import IndexReader
from rushes_query.search.engine import Search
from rushes_query.search.query_image import Decode, decode_here
from rushes_query.search.request import SearchRequest, SimilarRequest
from rushes_query.settings import QuerySettings
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.made_with import find, recipe_of
from rushes_runtime.index.port import UnknownCollection
from rushes_runtime.platform import Platform
from rushes_schemas.api import SearchResults
from rushes_schemas.index import SCENES_ALIAS

log = structlog.stdlib.get_logger("rushes.query")


class ActiveIndex:
    """Searches the collection behind the alias, by the models that it was filled with.

    When a reindex points the alias to a collection of other models, they are loaded first; until then the previous
    collection is searched. No collection is ever searched with the vectors of another one's models.
    """

    def __init__(
        self,
        platform: Platform,
        settings: QuerySettings,
        texts: TextEncoder,
        images: ImageTextEncoder,
        decode: Decode = decode_here,
    ) -> None:
        """`texts` and `images` are the settings' own; `decode` decodes a request's image. Nothing is loaded."""
        self._decode = decode
        self._platform = platform
        self._settings = settings
        self._own = texts, images
        self._default = Search(IndexReader(platform.index), texts, images, settings, decode=decode)
        self._loading: dict[str, asyncio.Task[Search]] = {}
        self._last: tuple[str, Search] | None = None

    async def warm(self) -> None:
        """Load the encoders of the settings. Raises WeightsError."""
        await self._default.warm()

    @property
    def is_warm(self) -> bool:
        """Whether every leg can be searched."""
        return self._default.is_warm

    async def search(self, request: SearchRequest) -> SearchResults:
        """As `Search.search`."""
        try:
            return await (await self.current()).search(request)
        except UnknownCollection:
            # The collection was removed after the alias had been resolved; the alias points to another one now.
            return await (await self.current()).search(request)

    async def similar(self, scene_id: str, request: SimilarRequest) -> SearchResults:
        """As `Search.similar`."""
        return await (await self.current()).similar(scene_id, request)

    async def current(self) -> Search:
        """Return the search of the active collection. Raises IndexUnavailable; ConfigurationError if its models can't
        be loaded."""
        name = await self._platform.index.resolve(SCENES_ALIAS)
        if name is None or not self._default.is_warm:
            return self._default  # the lexical leg needs no model, so it can search any collection
        if name not in self._loading:
            self._loading[name] = asyncio.create_task(self._load(name))
        loading = self._loading[name]
        if not loading.done() and (previous := await self._previous()):
            return previous
        try:
            # Shielded: a client that disconnects must not cancel the loading that others wait for.
            search = await asyncio.shield(loading)
        except ConfigurationError as error:
            self._loading.pop(name, None)  # the next request tries again
            if previous := await self._previous():
                log.error("the previous collection is searched", error=str(error))
                return previous
            raise
        self._last = name, search
        return search

    async def ready(self) -> None:
        """Return if a collection can be searched. Raises as `current` does."""
        await self.current()

    async def _previous(self) -> Search | None:
        """Return the search that answered last, if its collection still exists."""
        name, search = self._last or ("", None)
        return search if search and name in await self._platform.index.collections() else None

    async def _load(self, name: str) -> Search:
        texts, images = await self._encoders(name)
        search = Search(IndexReader(self._platform.index, name), texts, images, self._settings, decode=self._decode)
        try:
            await search.warm()
        except WeightsError as error:
            raise ConfigurationError(f"the models of the collection {name} can't be loaded: {error}") from error
        log.info("searching", collection=name)
        return search

    async def _encoders(self, name: str) -> tuple[TextEncoder, ImageTextEncoder]:
        """Return the encoders of a collection. Raises ConfigurationError if they are not available."""
        ours, kept = self._platform.settings.models, await find(self._platform.blobs, name)
        if kept is None or (kept.image_text, kept.text) == (ours.image_text, ours.text):
            return self._own
        try:
            images, texts = encoders(ours.model_copy(update={"image_text": kept.image_text, "text": kept.text}))
            here = kept.model_copy(update=await asyncio.to_thread(recipes, images, texts))
        except (ValueError, WeightsError) as error:
            raise ConfigurationError(f"the models of the collection {name} are not here: {error}") from error
        # The same names may stand for other weights or another version since the collection was filled.
        if here.recipe != recipe_of(name):
            raise ConfigurationError(f"the models of the collection {name} are not those that it was filled with")
        return texts, images
