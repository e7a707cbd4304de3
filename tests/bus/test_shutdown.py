"""SIGTERM in the middle of a record's work: nothing is lost, whichever way it ends."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import pytest

from rushes_runtime import tansu as embedded
from rushes_runtime.bus.lag import lags
from rushes_runtime.platform import Platform
from rushes_runtime.settings import KafkaSettings

from .conftest import platform_on
from .rig import Rig, kill_broker

pytestmark = pytest.mark.timeout(60)


class Program:
    """tests/bus/program.py, running."""

    def __init__(self, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        self.process = process
        self.log = log

    async def begun(self) -> int:
        """The segment whose work has begun."""
        assert self.process.stdout
        return int(await self.process.stdout.readline())

    async def finish(self) -> None:
        """Have the work in hand end well."""
        assert self.process.stdin
        self.process.stdin.write(b"\n")
        await self.process.stdin.drain()

    def said(self) -> str:
        """What it logged, once it has ended."""
        self.log.seek(0)
        return self.log.read().decode()

    def terminate(self) -> None:
        """SIGTERM."""
        self.process.send_signal(signal.SIGTERM)


@asynccontextmanager
async def program(platform: Platform, grace_s: float) -> AsyncIterator[Program]:
    servers = platform.settings.kafka.bootstrap_servers
    with TemporaryFile() as log:  # a pipe that nobody reads would stop it
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bus.program", servers, str(grace_s)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
        try:
            yield Program(process, log)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def nothing(event: object) -> None:
    """Never called."""


class Never:
    """A restart that does not end."""

    async def __aenter__(self) -> None:
        await asyncio.Event().wait()

    async def __aexit__(self, *_: object) -> None:
        """Never called."""


@pytest.fixture
async def rig(platform: Platform) -> Rig:
    """Publishes and reads; its stage does not run."""
    rig = Rig(platform, nothing, {})
    await rig.publish(0)
    return rig


async def test_sigterm_finishes_what_is_in_hand(rig: Rig) -> None:
    async with program(rig.platform, grace_s=30) as first:
        assert await first.begun() == 0
        first.terminate()
        await first.finish()
        assert await first.process.wait() == 0
    assert await rig.transcribed(1) == [0]
    assert not any(lag.waiting for lag in await lags(rig.platform.settings.kafka, ["asr"]))


async def test_sigterm_abandons_what_takes_too_long(rig: Rig) -> None:
    async with program(rig.platform, grace_s=0.5) as first:
        assert await first.begun() == 0
        first.terminate()
        async with program(rig.platform, grace_s=30) as second:
            assert await second.begun() == 0
            await second.finish()
            assert await rig.transcribed(1) == [0]
        await first.finish()  # its thread reads from a pipe, and Python waits for it at its end
        assert await first.process.wait() == 0
        said = first.said()
        assert "abandoned, since the service stops" in said and "Traceback" not in said


@pytest.mark.timeout(30)
async def test_sigterm_while_the_broker_is_away_ends_it_within_the_grace(tmp_path: Path) -> None:
    async with embedded.running(Never) as address:
        kafka = KafkaSettings(bootstrap_servers=address, idempotent=False, session_timeout_s=2)
        async with platform_on(kafka, tmp_path, partitions=1) as platform, program(platform, grace_s=0.5) as first:
            await Rig(platform, nothing, {}).publish(0)
            assert await first.begun() == 0
            kill_broker(address)
            await first.finish()
            first.terminate()
            assert await first.process.wait() == 0


async def test_second_signal_ends_it_at_once(rig: Rig) -> None:
    async with program(rig.platform, grace_s=600) as first:
        assert await first.begun() == 0
        first.terminate()
        while first.process.returncode is None:  # the second one has to come after the first was seen
            first.terminate()
            await asyncio.wait([asyncio.create_task(first.process.wait())], timeout=0.2)
        assert first.process.returncode == -signal.SIGTERM
    async with program(rig.platform, grace_s=30) as second:
        assert await second.begun() == 0
        await second.finish()
        assert await rig.transcribed(1) == [0]
