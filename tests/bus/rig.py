"""One stage, asr, consuming from a real broker, with a handler that a test tells what to do."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from rushes_runtime.bus.connect import make_broker, publishing
from rushes_runtime.bus.consumers import Consumers, consuming
from rushes_runtime.bus.failure import Failure
from rushes_runtime.bus.stage import Stage
from rushes_runtime.checks import Check
from rushes_runtime.platform import Platform
from rushes_runtime.record_context import Record
from rushes_schemas.events import Event, Segment, SegmentPlanned, SegmentTranscribed, Transcript, Video, extended
from rushes_schemas.topics import SEGMENT_PLANNED, SEGMENT_TRANSCRIBED
from rushes_testing.process import descendants

Work = Callable[[SegmentPlanned], Awaitable[None]]

VIDEO = Video(
    video_id="0b7f3c1e-5d2a-5c3e-9f4b-1a2b3c4d5e6f",
    sha256="0" * 64,
    duration_ms=1000,
    width=16,
    height=16,
    has_audio=True,
    segment_count=1000,
    source_uri="blob:videos/0b7f3c1e-5d2a-5c3e-9f4b-1a2b3c4d5e6f/source",
    size_bytes=1,
    media_type="video/mp4",
)


def planned(index: int) -> SegmentPlanned:
    """The event of a segment."""
    return SegmentPlanned(video=VIDEO, segment=Segment(index=index, start_ms=0, end_ms=1000))


class Rig:
    """A running stage. `seen` has the segment number of every call of the handler, in order."""

    consumers: Consumers

    def __init__(self, platform: Platform, work: Work, depends_on: Mapping[str, Check]) -> None:
        self.platform = platform
        self.seen: asyncio.Queue[int] = asyncio.Queue()
        self.given_up: list[Failure] = []
        self.buried: asyncio.Queue[Failure] = asyncio.Queue()
        """The failure of every record that became a dead letter, once all of that is done."""
        self.stage = Stage("asr", platform, depends_on)
        bury = self.stage.bury

        async def buried(record: ConsumerRecord, event: Event | None, failure: Failure) -> None:
            await bury(record, event, failure)
            self.buried.put_nowait(failure)

        self.stage.bury = buried  # type: ignore[method-assign]

        @self.stage.publishes(SEGMENT_TRANSCRIBED)
        @self.stage.consumes(SEGMENT_PLANNED)
        async def on_segment_planned(event: SegmentPlanned, record: Record) -> SegmentTranscribed:
            record.learn(recipe="abc123")
            self.seen.put_nowait(event.segment.index)
            await work(event)
            return extended(event, SegmentTranscribed, transcript=Transcript(status="no_speech"))

        @self.stage.gives_up
        async def give_up(event: Event, failure: Failure) -> None:
            self.given_up.append(failure)

    async def publish(self, *indices: int) -> None:
        """Publish the events of these segments, as ingest does."""
        events = [planned(index) for index in indices]
        await self.publish_raw(*((event.key().encode(), event.model_dump_json().encode()) for event in events))

    async def publish_raw(
        self,
        *records: tuple[bytes | None, bytes],
        topic: str = SEGMENT_PLANNED.name,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> None:
        """Publish records as any client may."""
        async with publishing(self.platform.settings.kafka) as producer:
            for key, value in records:
                await producer.send_and_wait(topic, value, key=key, headers=list(headers))

    async def records(self, topic: str, count: int) -> list[ConsumerRecord]:
        """The first so many records of a topic, waited for."""
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=self.platform.settings.kafka.bootstrap_servers, auto_offset_reset="earliest"
        )
        async with consumer:
            return [await consumer.getone() for _ in range(count)]

    async def dead(self, count: int) -> list[Failure]:
        """The next so many dead letters' failures, waited for."""
        return [await self.buried.get() for _ in range(count)]

    async def transcribed(self, count: int) -> list[int]:
        """The segments of the first so many results, waited for."""
        records = await self.records(SEGMENT_TRANSCRIBED.name, count)
        return [SegmentTranscribed.model_validate_json(record.value).segment.index for record in records]


@asynccontextmanager
async def running(platform: Platform, work: Work, depends_on: Mapping[str, Check] | None = None) -> AsyncIterator[Rig]:
    """The stage, consuming for as long as the context is open."""
    rig = Rig(platform, work, depends_on or {})
    broker = make_broker(platform.settings.kafka, "test", platform.metrics, [rig.stage.router])
    async with rig.stage.running(), consuming(broker, [rig.stage], platform.settings.kafka) as consumers:
        rig.consumers = consumers
        yield rig


def kill_broker(address: str) -> None:
    """SIGKILL to the embedded broker that this process runs there."""
    its = f"--kafka-listener-url\0tcp://{address}"
    [broker] = [pid for pid in descendants(os.getpid()) if its in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(broker, signal.SIGKILL)
