"""Coroutines that take turns at each call to a platform, in an order that a seed decides."""

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any

from rushes_runtime.platform import Platform

from .faults import Interrupted

OVERTAKEN_AFTER = (1, 2, 3, 5, 8, 13, None, None)
"""Calls after which a user is overtaken by all others, once; None: by nobody."""


class Turns:
    """A platform whose users proceed one call at a time.

    The first of a shuffled row proceeds, and once is sent to the row's end: so one is overtaken by all of another's
    work, which a fair draw before each call hardly ever brings about.
    """

    def __init__(self, platform: Platform, seed: int) -> None:
        self._random = Random(seed)
        self._waiting: dict[asyncio.Task[Any], asyncio.Future[None]] = {}
        self._arrived = asyncio.Event()
        blobs: Any = Interrupted(platform.blobs, self)
        index: Any = Interrupted(platform.index, self)
        self.platform = Platform(platform.settings, blobs, index, platform.metrics)

    async def step(self) -> None:
        """Before each call: wait to be drawn."""
        task = asyncio.current_task()
        assert task is not None
        turn = asyncio.get_running_loop().create_future()
        self._waiting[task] = turn
        self._arrived.set()
        await turn

    async def play(self, *parts: Coroutine[Any, Any, None]) -> None:
        """Run them to their ends. Raises what one of them raises."""
        tasks = [asyncio.create_task(part) for part in parts]
        row = self._random.sample(tasks, len(tasks))
        left = {task: self._random.choice(OVERTAKEN_AFTER) for task in tasks}
        while live := {task for task in tasks if not task.done()}:
            self._arrived.clear()
            if at_work := live - self._waiting.keys():
                arrival = asyncio.create_task(self._arrived.wait())
                await asyncio.wait({*at_work, arrival}, return_when=asyncio.FIRST_COMPLETED)
                arrival.cancel()
            else:
                first = next(task for task in row if task in live)
                self._waiting.pop(first).set_result(None)
                left[first] = count - 1 if (count := left[first]) else None
                if left[first] == 0:
                    row.append(row.pop(row.index(first)))
        for task in tasks:
            task.result()
