"""Fault points: every place at which a record's coroutine waits, found by driving the coroutine step by step.

A point is the chain of the project's own lines from the consumer down to the `await` that suspended, and whether it
suspends there or goes on. At a point that was not seen before, the process writes it down and kills itself with
SIGKILL; started again on the same list, it gets as far as the next one. So a run visits every point once, by counting
and not by chance.
"""

import os
import signal
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

MOST_SUSPENSIONS = 1
"""How often one line counts where it suspends again and again, as for the chunks of an upload."""


class FaultPoints:
    """The list, in a file that outlives the process."""

    def __init__(self, file: Path, die: Callable[[], None]) -> None:
        self._file = file
        self._seen = set(file.read_text().splitlines()) if file.exists() else set()
        self._die = die

    def visit(self, point: str) -> None:
        """Note the point and die there, unless it was visited before."""
        if point in self._seen:
            return
        self._seen.add(point)
        with self._file.open("a") as file:
            file.write(point + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._die()


def die() -> None:
    """kill -9, by itself."""
    os.kill(os.getpid(), signal.SIGKILL)


class Stepped(Awaitable[Any]):
    """A coroutine that visits a fault point each time that it waits, and `in_full` also when it goes on."""

    def __init__(self, coroutine: Any, points: FaultPoints, in_full: bool) -> None:
        self._coroutine = coroutine
        self._points = points
        self._in_full = in_full
        self._times: dict[str, int] = {}

    def __await__(self) -> Generator[Any, Any, Any]:
        resume: Callable[[Any], Any] = self._coroutine.send
        answer: Any = None
        while True:
            try:
                waited_for = resume(answer)
            except StopIteration as done:
                return done.value
            here = where(self._coroutine)
            self._visit(f"at {here}")
            try:
                resume, answer = self._coroutine.send, (yield waited_for)
            except BaseException as error:  # noqa: BLE001  passed on to the coroutine
                resume, answer = self._coroutine.throw, error
            if self._in_full:
                self._visit(f"after {here}")

    def _visit(self, point: str) -> None:
        times = self._times[point] = self._times.get(point, 0) + 1
        if times <= MOST_SUSPENSIONS:
            self._points.visit(f"{point} ({times})")


def where(coroutine: Any) -> str:
    """The project's own lines that a suspended coroutine is at, outermost first."""
    lines: list[str] = []
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None and "rushes_" in frame.f_code.co_filename:
            lines.append(f"{Path(frame.f_code.co_filename).stem}:{frame.f_code.co_name}:{frame.f_lineno}")
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return " > ".join(lines)
