"""What the two clients do differently, besides `await`."""

import asyncio
from pathlib import Path


async def sleep(seconds: float) -> None:
    """Let other tasks run meanwhile."""
    await asyncio.sleep(seconds)


async def read_file(path: Path) -> bytes:
    """A small file, read in a thread. Raises OSError."""
    return await asyncio.to_thread(path.read_bytes)
