"""What a compute child may take: memory in whichever library, and processes that work side by side."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError
from tests.compute import workers
from tests.compute.workers import Worker

from rushes_runtime.compute import ComputeChild, ComputePool
from rushes_runtime.errors import ComputeError
from rushes_runtime.memory import MemoryLimit, machine_memory, memory_limit
from rushes_testing.process import left_over


def score(pid: int) -> int:
    """The higher, the sooner the kernel ends a process for want of memory."""
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


@pytest.mark.parametrize("eat", [workers.eats, workers.eats_by_numpy, workers.eats_by_opencv, workers.eats_by_ffmpeg])
async def test_whichever_library_takes_too_much_it_is_out_of_memory_and_the_next_call_is_served(
    eat: Callable[[Worker, int], int],
) -> None:
    child = ComputeChild(Worker, name="test", time_limit_s=30, memory_limit_bytes=700_000_000)
    async with child.running():
        assert await child.run(eat, 50_000_000) == 50_000_000
        with pytest.raises(ComputeError, match="more memory than its limit of 700,000,000 bytes") as spent:
            await child.run(eat, 900_000_000)
        assert spent.value.reason == "out_of_memory"
        assert await child.run(eat, 50_000_000) == 50_000_000


async def test_address_space_that_is_only_reserved_costs_nothing() -> None:
    child = ComputeChild(Worker, name="test", time_limit_s=30, memory_limit_bytes=500_000_000)
    async with child.running():
        assert await child.run(workers.reserves, 8_000_000_000) == 8_000_000_000


async def test_kernel_takes_the_child_before_the_service() -> None:
    child = ComputeChild(Worker, name="test", time_limit_s=30)
    async with child.running():
        pid, _ = await child.run(workers.asked)
        theirs = score(pid)
    assert theirs > score(os.getpid())


def test_limit_is_sized_from_the_machine_unless_a_setting_says_it() -> None:
    machine = machine_memory()
    assert memory_limit(None, share=1 / 4, least=1) == machine // 4
    assert memory_limit(None, share=1 / 4, least=machine) == machine
    assert memory_limit(300_000_000, share=1 / 4, least=machine) == 300_000_000
    assert memory_limit(0, share=1 / 4, least=1) is None


def test_setting_that_no_child_could_start_with_is_refused() -> None:
    setting = TypeAdapter[int | None](MemoryLimit)
    assert [setting.validate_python(value) for value in ("0", "256000000", None)] == [0, 256_000_000, None]
    with pytest.raises(ValidationError, match="needs 256,000,000 bytes"):
        setting.validate_python("1000000")


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("0::/rushes/one", "rushes/memory.max"),
        ("0::/another/namespace", "memory.max"),
        ("4:memory:/rushes", "memory/rushes/memory.limit_in_bytes"),
    ],
    ids=["version 2, a group above", "version 2, in a namespace", "version 1"],
)
def test_container_s_limit_counts_as_the_machine(tmp_path: Path, line: str, file: str) -> None:
    (tmp_path / "own").write_text(f"{line}\n1:name=systemd:/\n")
    limit = tmp_path / "groups" / file
    limit.parent.mkdir(parents=True)
    limit.write_text("123456789\n")
    assert machine_memory(tmp_path / "groups", tmp_path / "own") == 123_456_789
    limit.write_text("max\n")
    assert machine_memory(tmp_path / "groups", tmp_path / "own") == machine_memory(tmp_path, tmp_path / "none")


async def test_endless_work_in_a_pool_makes_no_other_wait() -> None:
    pool = ComputePool([ComputeChild(Worker, name=f"test {number}", time_limit_s=20) for number in range(2)])
    async with pool.running():
        first, _ = await pool.run(workers.asked)
        endless = asyncio.create_task(pool.run(workers.never_ends))
        await asyncio.sleep(0)  # it has a child now
        second, _ = await pool.run(workers.asked)
        assert first != second and not endless.done()
        await pool.ready()
        endless.cancel()
    assert not left_over({first, second})


async def test_pool_prefers_the_child_that_lives() -> None:
    pool = ComputePool([ComputeChild(Worker, name=f"test {number}", time_limit_s=20) for number in range(2)])
    async with pool.running():
        pids = {(await pool.run(workers.asked))[0] for _ in range(3)}
        assert len(pids) == 1 and os.getpid() not in pids
