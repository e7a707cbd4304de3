"""A broker of a test's own."""

from collections.abc import AsyncIterator

import pytest_asyncio

from rushes_runtime import tansu as embedded
from rushes_runtime.settings import KafkaSettings


@pytest_asyncio.fixture
async def tansu() -> AsyncIterator[KafkaSettings]:
    """The embedded broker, fresh: how to reach it."""
    async with embedded.running() as address:
        yield KafkaSettings(bootstrap_servers=address, idempotent=False, session_timeout_s=2)
