"""How long a source may take: a least rate, a limit on the whole, and calls that may block for ever."""

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
    """The bytes can't be had for now."""

    reason = "fetch_failed"


async def paced(
    chunks: AsyncGenerator[bytes, None],
    shown: str,
    settings: SourceSettings,
    piece: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[bytes, None]:
    """The same chunks, as long as they come fast enough. `shown` is what errors call their source; `piece` is how many
    bytes it gathers before it gives any.

    A source may be waited for `window_s`, and longer by what it gives at `least_rate`: n bytes take at most
    window_s + n / least_rate seconds, and never more than `time_limit_s`. Only waiting for the source counts for the
    rate. Raises FetchFailed.
    """
    most_s = left_s = settings.window_s + piece / settings.least_rate
    end = clock() + settings.time_limit_s
    async with aclosing(chunks):
        while True:
            before = clock()
            limit_s = min(left_s, end - before)
            if before >= end:  # where nothing is waited for, no timeout fires
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
    """What a call returns or raises that may block for ever, such as on a file of a server that is gone.

    It has a daemon thread of its own: cancelling stops the waiting at once, and neither the event loop nor the end of
    the process waits for the thread, as both would for one of the executor's.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[R] = loop.create_future()

    def settle(result: R | None, error: BaseException | None) -> None:
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
        except BaseException as error:  # noqa: BLE001  it is raised where it is awaited
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=work, name="rushes source", daemon=True).start()
    return await outcome
