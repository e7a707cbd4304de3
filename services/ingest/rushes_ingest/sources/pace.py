"""Time limits on sources: a minimum rate, a limit on the whole fetch, and calls that may block forever."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import TypeVar

from rushes_ingest.settings import SourceSettings
from rushes_runtime.errors import SourceError

R = TypeVar("R")


class FetchFailed(SourceError):
    """The bytes are not available now. A later attempt may succeed."""

    reason = "fetch_failed"


async def paced(
    chunks: AsyncGenerator[bytes, None],
    shown: str,
    settings: SourceSettings,
    piece: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[bytes, None]:
    """Yield the same chunks while they arrive fast enough. `shown` is the source's name in errors; `piece` is the
    number of bytes that the source buffers before it yields.

    n bytes may take window_s + n / least_rate seconds, and never more than `time_limit_s`. Only time spent waiting for
    the source counts towards the rate, not the consumer's. Raises FetchFailed.
    """
    # A budget of waiting time, like a token bucket: waiting spends it, received bytes refill it up to `most_s`.
    most_s = left_s = settings.window_s + piece / settings.least_rate
    end = clock() + settings.time_limit_s
    async with aclosing(chunks):
        while True:
            before = clock()
            limit_s = min(left_s, end - before)
            if before >= end:  # a timeout does not fire if the source never waits
                raise FetchFailed(_too_slow(shown, settings, of_all=True))
            try:
                async with asyncio.timeout(limit_s):
                    chunk = await anext(chunks, None)
            except TimeoutError:
                raise FetchFailed(_too_slow(shown, settings, of_all=limit_s < left_s)) from None
            if chunk is None:
                return
            left_s = min(most_s, left_s - (clock() - before) + len(chunk) / settings.least_rate)
            yield chunk


def _too_slow(shown: str, settings: SourceSettings, *, of_all: bool) -> str:
    if of_all:
        return f"{shown} took longer than {settings.time_limit_s:g} s (RUSHES_SOURCES__TIME_LIMIT_S)"
    return (
        f"{shown} comes too slowly: less than {settings.least_rate:,.0f} bytes a second over {settings.window_s:g} s "
        "(RUSHES_SOURCES__LEAST_RATE, RUSHES_SOURCES__WINDOW_S)"
    )


async def in_daemon_thread(call: Callable[[], R]) -> R:
    """Run a call that may block forever, such as one on a file of a network server that is gone.

    It runs in a daemon thread of its own. Cancellation returns at once, and neither the event loop nor the end of the
    process waits for the thread, as both would for a thread of the executor.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[R] = loop.create_future()

    def deliver(result: R | None, error: BaseException | None) -> None:
        if outcome.cancelled():
            return
        if error is not None:
            outcome.set_exception(error)
        else:
            outcome.set_result(result)  # type: ignore[arg-type]

    def work() -> None:
        result, failure = None, None
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001  raised to the awaiting task
            failure = error
        with suppress(RuntimeError):  # the event loop is closed
            loop.call_soon_threadsafe(deliver, result, failure)

    threading.Thread(target=work, name="rushes source", daemon=True).start()
    return await outcome
