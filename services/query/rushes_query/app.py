"""The query service, composed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_models.registry import recipes
from rushes_models.weights import WeightsError
from rushes_query.grpc_server import GrpcServer
from rushes_query.http import events as event_routes
from rushes_query.http import library as library_routes
from rushes_query.http import media as media_routes
from rushes_query.http import search as search_routes
from rushes_query.in_use import InUse
from rushes_query.library import Library
from rushes_query.pictures import Decoder
from rushes_query.progress import Progress
from rushes_query.reader import Reader
from rushes_query.settings import QuerySettings
from rushes_runtime.errors import ConfigurationError, TransientError
from rushes_runtime.index.made_with import MadeWith, require_same_models
from rushes_runtime.index.port import IndexUnavailable
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service


class ModelNotLoaded(TransientError):
    """The models of the search are still being loaded."""

    reason = "model_not_loaded"


def build(platform: Platform, settings: QuerySettings, texts: TextEncoder, images: ImageTextEncoder) -> Service:
    """The service. Its models are loaded, and its gRPC port is bound, when it runs; the encoders are those of the
    settings, and it does not start on an index that was filled with others."""
    reader = Reader(platform.index)
    pictures = Decoder(settings)
    search = InUse(platform, settings, texts, images, pictures.decode)
    library = Library(reader, platform.blobs)

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
            event_routes.routes(Progress(reader)),
        ],
        checks={"index": platform.index.ready, "blobs": platform.blobs.ready, "model": model_ready},
        lifespans=[
            Warmed(search),
            stopped(pictures),
            checked(same_models),
            GrpcServer(search, library, platform.settings.http),
        ],
    )


class Warmed(AbstractAsyncContextManager[None]):
    """The models are loaded before anything is answered."""

    def __init__(self, search: InUse) -> None:
        self._search = search

    async def __aenter__(self) -> None:
        """Raises ConfigurationError for weights that can't be loaded."""
        try:
            await self._search.warm()
        except WeightsError as error:
            raise ConfigurationError(f"the models of the search can't be loaded: {error}") from error

    async def __aexit__(self, *_: object) -> None:
        """They stay loaded."""


@asynccontextmanager
async def stopped(pictures: Decoder) -> AsyncIterator[None]:
    """The pictures' child ends with the service."""
    try:
        yield
    finally:
        pictures.child.stop()


@asynccontextmanager
async def checked(check: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Nothing is answered with other models than the index's. An index that is down keeps nobody from starting; the
    check is part of being ready as well."""
    with suppress(IndexUnavailable):
        await check()
    yield
