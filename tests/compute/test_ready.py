"""The compute child's readiness."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from rushes_runtime.compute import ComputeChild
from rushes_runtime.errors import ComputeError


class Worker:
    """What the child holds. It can't be made where its file is missing."""

    def __init__(self, weights: Path) -> None:
        weights.read_bytes()


def pid_of(_: Worker) -> int:
    return os.getpid()


def die(_: Worker) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """The file that a worker needs."""
    path = tmp_path / "weights"
    path.touch()
    return path


@pytest_asyncio.fixture
async def child(weights: Path) -> AsyncIterator[ComputeChild[Worker]]:
    """A child that has its worker."""
    child = ComputeChild(Loader(weights), name="asr", time_limit_s=30)
    async with child.running():
        yield child


class Loader:
    """Makes the worker, in the child."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights

    def __call__(self) -> Worker:
        return Worker(self._weights)


async def kill(child: ComputeChild[Worker]) -> int:
    """SIGKILL the child while it has nothing to do, and wait until it is gone."""
    pid = await child.run(pid_of)
    descriptor = os.pidfd_open(pid)
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, gone.set)
    os.kill(pid, signal.SIGKILL)
    await asyncio.wait_for(gone.wait(), 10)
    asyncio.get_running_loop().remove_reader(descriptor)
    os.close(descriptor)
    return pid


async def until_ready(child: ComputeChild[Worker]) -> list[str]:
    """Ask until it is ready; what was said before."""
    said: list[str] = []
    async with asyncio.timeout(30):
        while True:
            try:
                await child.ready()
                return said
            except ComputeError as error:
                said.append(str(error))
                await asyncio.sleep(0.02)


async def until_not_ready(child: ComputeChild[Worker], saying: str = "") -> str:
    """Ask until it is not ready and says this; all that it says then."""
    async with asyncio.timeout(20):
        while True:
            try:
                await child.ready()
            except ComputeError as error:
                if saying in str(error):
                    return str(error)
            await asyncio.sleep(0.02)


async def test_it_is_ready_once_its_worker_is_made(child: ComputeChild[Worker]) -> None:
    await child.ready()


async def test_it_is_not_ready_before(weights: Path) -> None:
    child = ComputeChild(Loader(weights), name="asr", time_limit_s=30)
    with pytest.raises(ComputeError, match="asr child is being started"):
        await child.ready()
    child.stop()


async def test_one_that_died_idle_is_loaded_again_before_it_is_needed(child: ComputeChild[Worker]) -> None:
    await kill(child)
    assert "asr child is being started" in await until_not_ready(child)
    await until_ready(child)


async def test_one_that_died_at_work_is_a_failed_attempt_and_loaded_again(child: ComputeChild[Worker]) -> None:
    with pytest.raises(ComputeError, match="died with exit code"):
        await child.run(die)
    await until_ready(child)


async def test_what_keeps_it_from_loading_is_said(child: ComputeChild[Worker], weights: Path) -> None:
    await asyncio.to_thread(weights.unlink)
    await kill(child)
    assert "No such file" in await until_not_ready(child, saying="could not be started")
    await asyncio.to_thread(weights.touch)
    await until_ready(child)
