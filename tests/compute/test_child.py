"""The compute child dies in every way there is, and the next call has a fresh one."""

import asyncio
import os
import pickle
import signal
import traceback
from pathlib import Path

import pytest
from tests.compute import workers
from tests.compute.workers import Worker

from rushes_runtime.compute import ComputeChild
from rushes_runtime.errors import ComputeError, InvalidError
from rushes_testing.process import left_over


def child(time_limit_s: float = 30, memory_limit_bytes: int | None = None) -> ComputeChild[Worker]:
    return ComputeChild(Worker, name="test", time_limit_s=time_limit_s, memory_limit_bytes=memory_limit_bytes)


async def test_one_worker_serves_all_calls() -> None:
    one = child()
    async with one.running():
        answers = await asyncio.gather(*(one.run(workers.asked) for _ in range(20)))
    pids, asked = zip(*answers, strict=True)
    assert len(set(pids)) == 1 and asked == tuple(range(1, 21))
    assert not left_over(set(pids))


async def test_stopped_while_idle_it_ends_by_itself(tmp_path: Path) -> None:
    one = child()
    async with one.running():
        await one.run(workers.leaves_word, tmp_path / "ended")
    assert (tmp_path / "ended").exists()


async def test_killed_while_idle_it_costs_nothing() -> None:
    one = child()
    async with one.running():
        for _ in range(3):
            pid, asked = await one.run(workers.asked)
            assert asked == 1
            os.kill(pid, signal.SIGKILL)
            assert not left_over({pid})


async def test_killed_at_work_it_is_one_failed_call() -> None:
    one = child()
    async with one.running():
        pid, _ = await one.run(workers.asked)
        working = asyncio.create_task(one.run(workers.never_ends))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ComputeError, match="exit code -9") as died:
            await working
        assert died.value.reason == "child_died"
        assert await one.run(workers.echo, b"well") == b"well"


async def test_killed_in_the_middle_of_its_answer_it_is_one_failed_call() -> None:
    one = child()
    async with one.running():
        with pytest.raises(ComputeError, match="exit code -9"):
            await one.run(workers.answers_and_dies, 1)
        assert await one.run(workers.echo, bytes(10_000_000)) == bytes(10_000_000)


async def test_segmentation_fault_is_one_failed_call() -> None:
    one = child()
    async with one.running():
        with pytest.raises(ComputeError, match="exit code -11") as died:
            await one.run(workers.segfault)
        assert died.value.reason == "child_died"
        assert (await one.run(workers.asked))[1] == 1


async def test_endless_work_ends_at_its_limit() -> None:
    one = child(time_limit_s=0.5)
    async with one.running():
        pid, _ = await one.run(workers.asked)
        with pytest.raises(ComputeError, match=r"limit of 0\.5 s") as late:
            await one.run(workers.never_ends)
        assert late.value.reason == "time_limit"
        assert not left_over({pid})


async def test_memory_has_its_limit() -> None:
    one = child(memory_limit_bytes=1_000_000_000)
    async with one.running():
        assert await one.run(workers.eats, 1_000_000) == 1_000_000
        with pytest.raises(ComputeError, match="more memory") as eaten:
            await one.run(workers.eats, 2_000_000_000)
        assert eaten.value.reason == "out_of_memory"
        assert (await one.run(workers.asked))[1] == 1


async def test_cancelled_call_kills_the_child() -> None:
    one = child()
    async with one.running():
        pid, _ = await one.run(workers.asked)
        working = asyncio.create_task(one.run(workers.never_ends))
        await asyncio.sleep(0)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        assert not left_over({pid})
        assert (await one.run(workers.asked))[1] == 1


async def test_what_the_work_raises_is_raised_with_its_stack() -> None:
    one = child()
    async with one.running():
        with pytest.raises(InvalidError, match="it is odd") as raised:
            await one.run(workers.refuses)
        assert "workers.py" in "".join(traceback.format_exception(raised.value))
        with pytest.raises((pickle.PicklingError, AttributeError, RuntimeError)):
            await one.run(workers.unpicklable)
        assert (await one.run(workers.asked))[1] == 1


def no_worker() -> Worker:
    raise OSError("no weights")


async def test_worker_that_can_not_be_built_says_why() -> None:
    broken = ComputeChild(no_worker, name="test", time_limit_s=30)
    with pytest.raises(OSError, match="no weights"):
        async with broken.running():
            pass
