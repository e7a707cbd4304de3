"""The embedded broker for tests that have no event loop of their own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

from rushes_runtime import tansu


@contextmanager
def tansu_in_a_thread() -> Iterator[str]:
    """Run a fresh broker for as long as the context is open; its `host:port`."""
    started: Queue[tuple[str, asyncio.AbstractEventLoop, asyncio.Event] | BaseException] = Queue()
    thread = threading.Thread(target=lambda: asyncio.run(_run(started)))
    thread.start()
    try:
        answer = started.get(timeout=30)
        if isinstance(answer, BaseException):
            raise answer
        address, loop, stop = answer
        try:
            yield address
        finally:
            loop.call_soon_threadsafe(stop.set)
    finally:
        thread.join()


async def _run(started: "Queue[tuple[str, asyncio.AbstractEventLoop, asyncio.Event] | BaseException]") -> None:
    stop = asyncio.Event()
    try:
        async with tansu.running() as address:
            started.put((address, asyncio.get_running_loop(), stop))
            await stop.wait()
    except BaseException as error:
        started.put(error)
        raise
