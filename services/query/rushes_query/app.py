"""The query service, composed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_models.registry import encoders, recipes
from rushes_models.weights import WeightsError
from rushes_query.grpc.server import GrpcServer
from rushes_query.http import library_routes, media_routes, search_routes
from rushes_query.index_reader import IndexReader
from rushes_query.library.videos import Library
from rushes_query.library.watch import ProgressWatch
from rushes_query.search.active_index import ActiveIndex
from rushes_query.search.query_image import ImageDecoder
from rushes_query.settings import QuerySettings
from rushes_runtime.errors import ConfigurationError, TransientError
from rushes_runtime.index.made_with import MadeWith, require_same_models
from rushes_runtime.index.port import IndexUnavailable
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service
from rushes_runtime.settings import ModelSettings
from rushes_runtime.web.wrong_keys import WrongKeys


class ModelNotLoaded(TransientError):
    """The models of the search are still being loaded."""

    reason = "model_not_loaded"


def settings_encoders(models: ModelSettings) -> tuple[ImageTextEncoder, TextEncoder]:
    """Return the encoders that the settings name, not loaded yet. Raises ConfigurationError for an unknown name."""
    try:
        return encoders(models)
    except ValueError as error:
        raise ConfigurationError(f"RUSHES_MODELS__IMAGE_TEXT or RUSHES_MODELS__TEXT is wrong: {error}") from error


def build(platform: Platform, settings: QuerySettings, texts: TextEncoder, images: ImageTextEncoder) -> Service:
    """Return the service. `texts` and `images` are those of the settings; they are loaded, and the gRPC port is bound,
    when it runs. It does not start on an index that was filled with other models."""
    reader = IndexReader(platform.index)
    decoder = ImageDecoder(settings)
    search = ActiveIndex(platform, settings, texts, images, decoder.decode)
    library = Library(reader, platform.blobs)
    wrong_keys = WrongKeys(platform.settings.http.wrong_keys_per_minute)

    async def same_models() -> None:
        ours = await asyncio.to_thread(recipes, images, texts)
        await require_same_models(platform.index, platform.blobs, MadeWith.of(platform.settings.models, ours))

    async def model_ready() -> None:
        if not search.is_warm:
            raise ModelNotLoaded("the models of the search are not loaded yet")
        await search.ready()

    return Service(
        "query",
        http=[
            search_routes.routes(search),
            library_routes.routes(library),
            media_routes.routes(library),
            library_routes.event_routes(ProgressWatch(reader)),
        ],
        checks={"index": platform.index.ready, "blobs": platform.blobs.ready, "model": model_ready},
        lifespans=[
            WarmModels(search),
            stopped(decoder),
            checked(same_models),
            GrpcServer(search, library, platform.settings.http, wrong_keys),
        ],
        wrong_keys=wrong_keys,
    )


class WarmModels(AbstractAsyncContextManager[None]):
    """Loads the models before the service answers."""

    def __init__(self, search: ActiveIndex) -> None:
        self._search = search

    async def __aenter__(self) -> None:
        """Raises ConfigurationError for weights that can't be loaded."""
        try:
            await self._search.warm()
        except WeightsError as error:
            raise ConfigurationError(f"the models of the search can't be loaded: {error}") from error

    async def __aexit__(self, *_: object) -> None:
        """The models stay loaded."""


@asynccontextmanager
async def stopped(decoder: ImageDecoder) -> AsyncIterator[None]:
    """Stop the decoder's process with the service."""
    try:
        yield
    finally:
        decoder.child.stop()


@asynccontextmanager
async def checked(check: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Refuse to start with other models than the index's. An index that is down does not prevent the start: the check
    is repeated as part of readiness."""
    with suppress(IndexUnavailable):
        await check()
    yield
