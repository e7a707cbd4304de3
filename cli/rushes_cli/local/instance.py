"""A `rushes up` in a process of its own, for the demo."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rushes_cli.client import Client
from rushes_client.errors import NotRushes, Unreachable
from rushes_runtime.errors import RushesError

COMMAND = (sys.executable, "-m", "rushes_cli.main", "up")
START_S = 120.0
STOP_S = 10.0
POLL_S = 0.25


class InstanceFailed(RushesError):
    """The instance did not start, or did not stop, as it should."""


@contextmanager
def running(data: Path, log: Path) -> Iterator[str]:
    """An instance on free ports that keeps everything in `data`; its URL, once it is ready. What it logs goes to `log`.

    Leaving the context stops it. Raises InstanceFailed if it does not start, or does not stop with exit code 0
    within ten seconds.
    """
    port, grpc_port = free_ports(2)
    options = ("--data", str(data), "--port", str(port), "--grpc-port", str(grpc_port))
    with log.open("wb") as lines:
        process = subprocess.Popen(
            (*COMMAND, *options),
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _await_ready(url, process.poll)
        yield url
        _stop(process)
    finally:
        process.kill()  # nothing, where it has ended
        process.wait()


def free_ports(count: int) -> list[int]:
    """Ports of loopback on which nobody listens just now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


def _await_ready(url: str, ended: Callable[[], int | None]) -> None:
    deadline = time.monotonic() + START_S
    with Client(url) as client:
        while time.monotonic() < deadline:
            if (code := ended()) is not None:
                raise InstanceFailed(f"`rushes up` ended with {code} instead of starting")
            if _is_ready(client):
                return
            time.sleep(POLL_S)
    raise InstanceFailed(f"`rushes up` was not ready within {START_S:g} s")


def _is_ready(client: Client) -> bool:
    try:
        return client.readiness().status == "ready"
    except (Unreachable, NotRushes):
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        raise InstanceFailed(f"`rushes up` did not stop within {STOP_S:g} s of SIGTERM") from None
    if code != 0:
        raise InstanceFailed(f"`rushes up` ended with {code} after SIGTERM")
