"""A service that dies at every fault point once, and is started again each time.

    python -m tests.faults.service LIST run asr --port ...

With TESTS_IN_FULL in the environment it also dies where it goes on after a wait.

The program imports what the service does, then forks a process for each life, so that a restart costs no import. It
ends when a life ends by itself.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from faststream._internal.endpoint.subscriber.usecase import SubscriberUsecase
from tests.faults.points import FaultPoints, Stepped, die
from tests.in_full import IN_FULL

import rushes_cli.local.compose  # noqa: F401  it imports every service
from rushes_cli.main import main
from rushes_runtime.compute import ComputeChild, die_with_parent


def live(points: FaultPoints, arguments: list[str]) -> int:
    """One life: the command, its records' coroutines stepped."""
    consume = SubscriberUsecase.consume

    async def stepped(self: Any, message: Any) -> Any:
        return await Stepped(consume(self, message), points, IN_FULL)

    async def not_yet(self: Any) -> None:
        """Most lives find what they need as an artefact; a child that is needed starts then."""

    ComputeChild.warm = not_yet  # type: ignore[method-assign]
    SubscriberUsecase.consume = stepped  # type: ignore[method-assign, assignment]
    return main(arguments)


def supervise(file: Path, arguments: list[str]) -> int:
    """Live again and again until a life ends otherwise than by SIGKILL; its exit code."""
    child = 0

    def pass_on(number: int, frame: object) -> None:
        os.kill(child, number)

    while True:
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            die_with_parent(parent)
            os._exit(_flushed(live(FaultPoints(file, die), arguments)))
        signal.signal(signal.SIGTERM, pass_on)
        _, status = os.waitpid(child, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            return os.waitstatus_to_exitcode(status)


def _flushed(code: int) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    sys.exit(supervise(Path(sys.argv[1]), sys.argv[2:]))
