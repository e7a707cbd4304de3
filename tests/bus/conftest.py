"""A real broker, and a stage on it whose handler does what a test wants."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rushes_runtime import tansu as embedded
from rushes_runtime.bus.topics import provision
from rushes_runtime.platform import Platform, open_platform
from rushes_runtime.settings import (
    BlobSettings,
    FailureSettings,
    KafkaSettings,
    QdrantSettings,
    Settings,
    TopicSettings,
    load,
)

QUICK = FailureSettings(
    max_attempts=3, retry_base_s=0.05, check_every_s=0.05, breaker_window=10, breaker_pause_s=0.05, breaker_cap_s=0.1
)


@pytest.fixture
async def tansu() -> AsyncIterator[KafkaSettings]:
    """The embedded broker, fresh: how to reach it."""
    async with embedded.running() as address:
        yield KafkaSettings(bootstrap_servers=address, idempotent=False, session_timeout_s=2)


@pytest.fixture
async def platform(tansu: KafkaSettings, tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform on that broker, with its topics, and with waits that are short."""
    async with platform_on(tansu, tmp_path, partitions=1) as platform:
        yield platform


@pytest.fixture
async def partitioned(tansu: KafkaSettings, tmp_path: Path) -> AsyncIterator[Platform]:
    """The same with topics of several partitions."""
    async with platform_on(tansu, tmp_path, partitions=8) as platform:
        yield platform


@asynccontextmanager
async def platform_on(kafka: KafkaSettings, folder: Path, partitions: int) -> AsyncIterator[Platform]:
    """A platform for as long as the context is open."""
    settings = load(
        Settings,
        kafka=kafka,
        topics=TopicSettings(partitions=partitions),
        failures=QUICK,
        blobs=BlobSettings(url=(folder / "blobs").as_uri()),
        qdrant=QdrantSettings(url=f"edge://{folder / 'index'}"),
    )
    await provision(settings.kafka, settings.topics)
    platform = open_platform(settings)
    yield platform
    await platform.index.close()
