"""Programs that tests start: logged to a file, stopped or killed, and never left running."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from socket import create_server
from typing import Self

POLL_S = 0.05
STOP_S = 20.0
TAIL_LINES = 60

# Run before the program: have the kernel kill it when the test's process ends, however that ends.
_TIED = (
    "import ctypes, os, sys\n"
    "sys.platform == 'linux' and ctypes.CDLL(None).prctl(1, 9)\n"
    "os.getppid() == int(sys.argv[1]) or os._exit(1)\n"
    "os.execvp(sys.argv[2], sys.argv[2:])"
)


class ProcessFailed(AssertionError):
    """A program did not start or stop in time; the message ends with its log's last lines."""


class Process:
    """One program. It may be started again after it was stopped or killed; its log continues in the same file.

    Start it in the main thread: the kernel kills it when the thread that started it ends.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        is_ready: Callable[[], bool] = lambda: True,
        start_s: float = 60,
    ) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.environment = dict(environment or {})
        self._is_ready = is_ready
        self._start_s = start_s
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and wait until it is ready."""
        self.launch()
        return self.wait_ready()

    def launch(self) -> Self:
        """Start it without waiting."""
        assert not self.is_running, f"{self.name} runs already"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as lines:
            self._process = subprocess.Popen(
                (sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *self.command),
                env=without_settings() | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=lines,
            )
        return self

    def wait_ready(self) -> Self:
        """Wait until a launched program is ready. Raises ProcessFailed if it ends or takes too long."""
        deadline = time.monotonic() + self._start_s
        while time.monotonic() < deadline:
            if not self.is_running:
                raise ProcessFailed(f"{self.name} ended with {self.returncode} instead of starting:\n{self.tail()}")
            if self._is_ready():
                return self
            time.sleep(POLL_S)
        raise ProcessFailed(f"{self.name} was not ready within {self._start_s:g} s:\n{self.tail()}")

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process, f"{self.name} was never started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """Its exit status, negative if a signal ended it; None while it runs."""
        return self._process.poll() if self._process else None

    def stop(self, within_s: float = STOP_S) -> int:
        """Send SIGTERM, wait, and return the exit status. Kills it and raises ProcessFailed if it takes too long."""
        self.send(signal.SIGTERM)
        assert self._process
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ProcessFailed(f"{self.name} did not end within {within_s:g} s:\n{self.tail()}") from None

    def kill(self) -> None:
        """Send SIGKILL and wait for its end. A program that has ended or was never started is no error."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def send(self, number: int) -> None:
        """Send it a signal."""
        assert self._process, f"{self.name} was never started"
        self._process.send_signal(number)

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self.start() if not self.is_running else self

    def __exit__(self, *_: object) -> None:
        self.kill()


def without_settings() -> dict[str, str]:
    """Return this process's environment without the settings of rushes that a developer may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RUSHES_")}


def free_ports(count: int) -> list[int]:
    """Return free ports of the loopback interface."""
    with ExitStack() as stack:
        probes = [stack.enter_context(create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


def free_pair() -> int:
    """Return a free port whose successor is free too: Qdrant serves HTTP on the one and gRPC on the other."""
    while True:
        [first] = free_ports(1)
        try:
            create_server(("127.0.0.1", first + 1)).close()
        except OSError:
            continue
        return first


def descendants(pid: int) -> set[int]:
    """Return the ids of a process's descendants."""
    parents: dict[int, int] = {}
    # /proc and no library: the parent's id is the second field after the name, which may itself contain spaces.
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    below: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in below | {pid}} - below:
        below |= more
    return below


def left_over(pids: set[int], within_s: float = 5) -> set[int]:
    """Return which of these processes still run after `within_s`; orphans need some milliseconds to end."""
    return {pid for pid in pids if not _ends(pid, within_s)}


def _ends(pid: int, within_s: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], within_s)[0])
    finally:
        os.close(descriptor)
