"""The library of `films`, filled once, behind both doors."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_models.registry import image_text_encoder, text_encoder
from rushes_query.app import build
from rushes_query.settings import QuerySettings, Settings
from rushes_runtime.blobs import Blobs
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service, make_app
from rushes_runtime.settings import HttpSettings

from .films import fill


@pytest.fixture(scope="session")
def texts() -> TextEncoder:
    return text_encoder("use-multilingual-v3")


@pytest.fixture(scope="session")
def images() -> ImageTextEncoder:
    return image_text_encoder("conse-efficientnet-lite2", threads=2)


@pytest.fixture(scope="session")
def platform(
    tmp_path_factory: pytest.TempPathFactory, texts: TextEncoder, images: ImageTextEncoder
) -> Iterator[Platform]:
    """The library. Tests only read it."""
    made = platform_in(tmp_path_factory.mktemp("library"))
    asyncio.run(fill(made.index, made.blobs, texts, images))
    yield made
    asyncio.run(made.index.close())


@pytest.fixture
async def empty_platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """An installation in which nothing was ever indexed."""
    made = platform_in(tmp_path)
    yield made
    await made.index.close()


@pytest.fixture
async def service(platform: Platform, texts: TextEncoder, images: ImageTextEncoder) -> AsyncIterator[Service]:
    """The service, its models loaded."""
    made = build(platform, QuerySettings(), texts, images)
    async with made.lifespans[0]:
        yield made


@pytest.fixture
async def http(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(service) as client:
        yield client


@asynccontextmanager
async def warm_client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the service's HTTP side, in this process, its models loaded."""
    async with service.lifespans[0], client_of(service) as client:
        yield client


def client_of(service: Service) -> httpx.AsyncClient:
    """Asks the service's HTTP side, in this process."""
    app = make_app("query", [service], Metrics())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://rushes.localhost")


def platform_in(folder: Path) -> Platform:
    """Qdrant Edge and a folder of blobs; gRPC on a free port."""
    settings = Settings(http=HttpSettings(grpc_port=0))
    return Platform(settings, Blobs((folder / "blobs").as_uri()), EdgeIndex(folder / "index"), Metrics())
