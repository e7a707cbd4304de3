"""Consumers of one stage come and go while segments pass, on a real broker; how often each segment was computed."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer
from tests.bus.rig import running

from rushes_runtime.artefacts import Artefact, find_or_make
from rushes_runtime.bus.dead import DeadLetters, Wanted
from rushes_runtime.bus.topics import provision
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform, open_platform
from rushes_runtime.settings import BlobSettings, KafkaSettings, QdrantSettings, Settings, TopicSettings, load
from rushes_schemas.events import SegmentPlanned, SegmentTranscribed, Transcript
from rushes_schemas.topics import SEGMENT_TRANSCRIBED

FEWEST, MOST = 2, 4
WORK_S = (0.05, 0.6)
"""Seconds that computing a segment takes; what is measured is how often it begins."""


@dataclass(frozen=True)
class Passed:
    """What became of the segments."""

    computed: Counter[int]
    """How often each was begun to be computed."""
    published: Counter[int]
    """How often the result of each was published."""
    dead: int
    changes: int
    """How often a consumer was added or removed."""


async def rebalances(kafka: KafkaSettings, folder: Path, segments: int, every_s: float, seed: int) -> Passed:
    """Pass so many segments while a consumer is added or removed every so many seconds."""
    settings = load(
        Settings,
        kafka=kafka,
        topics=TopicSettings(partitions=6),
        blobs=BlobSettings(url=(folder / "blobs").as_uri()),
        qdrant=QdrantSettings(url=f"edge://{folder / 'index'}"),
    )
    await provision(settings.kafka, settings.topics)
    platform = open_platform(settings)
    work = _Work(platform, random.Random(seed))
    changer = asyncio.create_task(_come_and_go(platform, work, every_s, random.Random(seed)))
    async with running(_own(platform), work) as rig:
        await rig.publish(*range(segments))
        published = await _all_published(kafka, segments, changer)
        changer.cancel()
        await asyncio.gather(changer, return_exceptions=True)
    letters = await DeadLetters(kafka, platform.blobs).open(Wanted())
    return Passed(work.computed, published, len(letters), work.changes)


class _Work:
    """Finds or makes a segment's artefact, as every handler does, and counts what it makes."""

    def __init__(self, platform: Platform, luck: random.Random) -> None:
        self._platform = platform
        self._luck = luck
        self.computed: Counter[int] = Counter()
        self.changes = 0

    async def __call__(self, event: SegmentPlanned) -> None:
        async def make() -> Transcript:
            self.computed[event.segment.index] += 1
            await asyncio.sleep(self._luck.uniform(*WORK_S))
            return Transcript(status="no_speech")

        artefact = Artefact(event.video.video_id, event.segment.index, "asr", "counted")
        await find_or_make(self._platform.blobs, artefact, Transcript, make)


async def _come_and_go(platform: Platform, work: _Work, every_s: float, luck: random.Random) -> None:
    """Add a consumer, or remove the one that was added first or last, for ever."""
    async with AsyncExitStack() as all_of_them:
        there: list[AsyncExitStack] = []
        while True:
            if len(there) < FEWEST or (len(there) < MOST and luck.random() < 0.5):
                one = await all_of_them.enter_async_context(AsyncExitStack())
                await one.enter_async_context(running(_own(platform), work))
                there.append(one)
            else:
                await there.pop(luck.choice((0, -1))).aclose()
            work.changes += 1
            await asyncio.sleep(every_s)


async def _all_published(kafka: KafkaSettings, segments: int, changer: "asyncio.Task[None]") -> Counter[int]:
    """Read until the result of every segment was there. Raises what stopped the changes."""
    published: Counter[int] = Counter()
    async with _reader(kafka) as reader:
        while len(published) < segments:
            for records in (await reader.getmany(timeout_ms=500)).values():
                read = (SegmentTranscribed.model_validate_json(record.value) for record in records)
                published.update(event.segment.index for event in read)
            if changer.done():
                changer.result()
    return published


@asynccontextmanager
async def _reader(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        SEGMENT_TRANSCRIBED.name, bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
    )
    async with consumer:
        yield consumer


def _own(platform: Platform) -> Platform:
    """The platform with metrics of its own, as a process has them."""
    return Platform(platform.settings, platform.blobs, platform.index, Metrics())
