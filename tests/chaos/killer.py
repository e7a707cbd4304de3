"""Who is killed when: random, from a seed that is printed, so that a run can be had again."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from tests.chaos.fleet import Fleet

from rushes_testing.process import Process

EVERY_S = (2.0, 6.0)
"""Seconds between two kills."""
AWAY_S = (3.0, 8.0)
"""Seconds that the broker, or the index, stays away."""
TICK_S = 0.1


class Killer:
    """Sends SIGKILL to a random process every few seconds; to the broker once, and to the index once."""

    def __init__(self, fleet: Fleet, seed: int, say: Callable[[str], None]) -> None:
        self._fleet = fleet
        self._random = random.Random(seed)
        self._say = say
        self.kills: Counter[str] = Counter()

    def rage(self, for_s: float) -> None:
        """Kill for so long; when this returns, everything has been started again."""
        began = time.monotonic()
        parts = self._parts(for_s)
        away: dict[Process, float] = {}
        next_kill = 0.0
        while (now := time.monotonic() - began) < for_s or away or parts:
            for process in [process for process, until in away.items() if until <= now]:
                process.launch()
                del away[process]
            if parts and parts[0][0] <= now:
                _, process = parts.pop(0)
                away[process] = now + self._random.uniform(*AWAY_S)
                self._kill_part(process, now)
            elif next_kill <= now < for_s:
                self._kill_one(now)
                next_kill = now + self._random.uniform(*EVERY_S)
            self._fleet.tend()
            time.sleep(TICK_S)

    def _parts(self, for_s: float) -> list[tuple[float, Process]]:
        """When the broker and the index are killed, in the order of time."""
        cluster = self._fleet.cluster
        at = [self._random.uniform(0.2, 0.5) * for_s, self._random.uniform(0.5, 0.8) * for_s]
        parts: list[Process] = [cluster.kafka, cluster.index]
        self._random.shuffle(parts)
        return list(zip(at, parts, strict=True))

    def _kill_part(self, process: Process, now: float) -> None:
        self.kills[process.name] += 1
        self._say(f"{now:6.1f} s  {process.name}")
        process.kill()

    def _kill_one(self, now: float) -> None:
        children = list(self._fleet.children())
        running = [process for process in self._fleet.cluster.services if process.is_running]
        if children and self._random.random() < 0.4:
            owner, pid = self._random.choice(children)
            self.kills["a child"] += 1
            self._say(f"{now:6.1f} s  a child of {owner}")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        elif running:
            process = self._random.choice(running)
            self.kills["a service"] += 1
            self._say(f"{now:6.1f} s  {process.name}")
            self._fleet.kill(process)
