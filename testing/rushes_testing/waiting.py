"""Waiting for something to come true, for so long and no longer."""

import time
from collections.abc import Callable
from typing import TypeVar

POLL_S = 0.1

T = TypeVar("T")


def until(look: Callable[[], T | None], within_s: float) -> T | None:
    """What `look` returns once that is not None; None if it does not in time."""
    deadline = time.monotonic() + within_s
    while (seen := look()) is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return seen
