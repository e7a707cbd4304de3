"""The embedded broker dies and comes back with nothing in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka.errors import UnknownError
from faststream import ContextRepo, PublishCommand, PublishType

from rushes_runtime import tansu as embedded
from rushes_runtime.bus.connect import make_broker, stopped
from rushes_runtime.bus.insist import Insist
from rushes_runtime.bus.topics import provision
from rushes_runtime.metrics import Metrics
from rushes_runtime.settings import KafkaSettings, TopicSettings
from rushes_schemas.events import SegmentPlanned
from rushes_schemas.topics import SEGMENT_PLANNED

from .conftest import platform_on
from .rig import Rig, kill_broker, planned, running

pytestmark = pytest.mark.timeout(60)


class Restarts:
    """What a test has done around a restart; the first `failing` ones fail before the broker is started."""

    def __init__(self, failing: int = 0) -> None:
        self.failing = failing
        self.rig: Rig | None = None
        self.over = asyncio.Event()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        """As `rushes up` does it."""
        if self.failing:
            self.failing -= 1
            raise RuntimeError("not yet")
        if self.rig:
            await self.rig.consumers.stop()
        yield
        if self.rig:
            await provision(self.rig.platform.settings.kafka, self.rig.platform.settings.topics)
            await self.rig.consumers.start()
        self.over.set()


async def test_consumers_read_the_new_broker_from_its_start_and_commit_nothing_of_the_old_one(tmp_path: Path) -> None:
    restarts, last_goes_on = Restarts(), asyncio.Event()

    async def work(event: SegmentPlanned) -> None:
        if event.segment.index == 4:
            await last_goes_on.wait()

    async with embedded.running(restarts) as address:
        kafka = KafkaSettings(
            bootstrap_servers=address, idempotent=False, session_timeout_s=2, shutdown_grace_s=0.1, compression="none"
        )
        async with platform_on(kafka, tmp_path, partitions=1) as platform, running(platform, work) as rig:
            restarts.rig = rig
            await rig.publish(*range(5))
            assert [await rig.seen.get() for _ in range(5)] == list(range(5))  # the last one is in hand
            kill_broker(address)
            await restarts.over.wait()
            last_goes_on.set()
            await rig.publish(*range(10, 20))
            assert [await rig.seen.get() for _ in range(10)] == list(range(10, 20))


async def test_what_is_published_while_the_broker_comes_back_is_published() -> None:
    early: asyncio.Queue[asyncio.Task[object]] = asyncio.Queue()
    topics = TopicSettings(partitions=2)

    @asynccontextmanager
    async def restart() -> AsyncIterator[None]:
        publishing = asyncio.create_task(broker.publish(planned(8), SEGMENT_PLANNED.name))
        yield
        await provision(kafka, topics)
        early.put_nowait(publishing)

    async with embedded.running(restart) as address:
        kafka = KafkaSettings(bootstrap_servers=address, idempotent=False)
        await provision(kafka, topics)
        async with make_broker(kafka, "test", Metrics()) as broker:
            await broker.publish(planned(7), SEGMENT_PLANNED.name)
            kill_broker(address)
            await (await early.get())


async def test_event_that_the_broker_has_no_topic_for_yet_is_published_again() -> None:
    answers: list[Exception | str] = [UnknownError(), UnknownError(), "published"]

    async def publish(_: PublishCommand) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    insisting = Insist(None, context=ContextRepo())
    command = PublishCommand(b"", _publish_type=PublishType.PUBLISH)
    assert await insisting.publish_scope(publish, command) == "published"


async def test_broker_is_started_again_after_a_restart_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "PAUSE_S", 0)
    restarts = Restarts(failing=2)
    async with embedded.running(restarts) as address:
        kill_broker(address)
        await restarts.over.wait()
        kill_broker(address)


async def test_consumer_whose_own_task_was_cancelled_is_stopped_all_the_same() -> None:
    async def broker_is_away() -> None:
        raise asyncio.CancelledError

    await stopped(broker_is_away())


async def test_who_is_cancelled_while_a_consumer_stops_ends() -> None:
    begun = asyncio.Event()

    async def never_ends() -> None:
        begun.set()
        await asyncio.Event().wait()

    waiting = asyncio.create_task(stopped(never_ends()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_what_else_goes_wrong_in_a_stop_is_raised() -> None:
    async def goes_wrong() -> None:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        await stopped(goes_wrong())
