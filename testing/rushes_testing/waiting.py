"""Waiting for a condition, up to a time limit."""

import time
from collections.abc import Callable
from typing import TypeVar

POLL_S = 0.1

T = TypeVar("T")


def until(look: Callable[[], T | None], within_s: float) -> T | None:
    """Call `look` until it returns something else than None, and return that; None if `within_s` pass before."""
    deadline = time.monotonic() + within_s
    while (seen := look()) is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return seen
