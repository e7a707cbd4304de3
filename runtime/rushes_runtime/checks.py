"""Checks: short looks at one thing that a service needs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from rushes_runtime.errors import RushesError

Check = Callable[[], Awaitable[object]]
"""Returns if what it looks at is well, and raises RushesError or OSError if not."""

TIMEOUT_S = 5.0


async def wrong(check: Check) -> str | None:
    """What a check finds wrong, in a sentence; None where all is well."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await check()
    except TimeoutError:
        return f"no answer within {TIMEOUT_S:g} s"
    except (RushesError, OSError) as error:
        return str(error)
    return None


async def all_wrong(checks: Mapping[str, Check]) -> dict[str, str]:
    """What is wrong, by the name of the check that found it; empty where all is well."""
    found = await asyncio.gather(*map(wrong, checks.values()))
    return {name: sentence for name, sentence in zip(checks, found, strict=True) if sentence}
