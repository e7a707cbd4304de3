"""Dead letters: what could not be done at all, with its reason and its original bytes, until a person decides.

They lie in the `<service>-dlq` topics and nowhere else. What was replayed or discarded is said by a *marker*, a record
of its own behind the dead letter in the same partition, so the topics alone tell what is still open.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from aiokafka import AIOKafkaProducer, ConsumerRecord
from pydantic import BaseModel, ValidationError

from rushes_runtime.bus.connect import publishing
from rushes_runtime.bus.failure import PREFIX, Subject, foreign_headers, own_headers
from rushes_runtime.bus.progress import now_ms, stumbled
from rushes_runtime.bus.reading import whole
from rushes_runtime.errors import InvalidError
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.events import StageName, VideoProgress
from rushes_schemas.topics import SERVICES, TOPICS, VIDEO_PROGRESS, Topic, dead_letter_topic

SETTLES = PREFIX + "settles"
"""Header of a marker: the origin of the dead letter that it speaks of."""
OUTCOME = PREFIX + "outcome"

Outcome = Literal["replayed", "discarded"]


class DeadLetter(BaseModel):
    """A record that a service gave up. `value` is its text, or base64 where it is none (`is_base64`)."""

    id: str
    """`<service>:<partition>:<offset>`"""
    service: str
    reason: str
    error: str
    attempts: int
    at: int
    """When it was given up, in ms since the epoch."""
    video_id: str | None = None
    segment: int | None = None
    recipe: str | None = None
    origin: str
    """Topic/partition/offset at which it was first consumed."""
    origin_topic: str
    first_error: str
    stack: str
    key: str | None = None
    headers: dict[str, str] = {}
    value: str
    is_base64: bool = False


@dataclass(frozen=True)
class Wanted:
    """Which dead letters are meant: all that pass everything that is given."""

    ids: Sequence[str] = ()
    service: str | None = None
    reason: str | None = None
    video_id: str | None = None
    older_than_s: float | None = None
    newer_than_s: float | None = None

    def has(self, letter: DeadLetter, now_ms: int) -> bool:
        """Whether this one is meant."""
        age_s = (now_ms - letter.at) / 1000
        return (
            (not self.ids or letter.id in self.ids)
            and self.service in (None, letter.service)
            and self.reason in (None, letter.reason)
            and self.video_id in (None, letter.video_id)
            and (self.older_than_s is None or age_s > self.older_than_s)
            and (self.newer_than_s is None or age_s < self.newer_than_s)
        )


@dataclass
class _Open:
    """The open dead letters of a partition, by origin: one that was written twice is one."""

    records: dict[str, ConsumerRecord] = field(default_factory=dict)

    def take(self, record: ConsumerRecord) -> None:
        settled = next((value for name, value in record.headers if name == SETTLES), None)
        if settled is not None:
            self.records.pop(settled.decode(errors="replace"), None)
        else:
            self.records.setdefault(_origin(record), record)


class DeadLetters:
    """The dead letters of all services. Methods raise BrokerUnavailable."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def open(self, wanted: Wanted) -> list[DeadLetter]:
        """Those that were neither replayed nor discarded, oldest first."""
        return [letter_of(record) for record in await self._records(wanted)]

    async def one(self, id: str) -> DeadLetter | None:
        """The one with this id; None where there is none, or no longer."""
        found = await self.open(Wanted(ids=[id]))
        return found[0] if found else None

    async def replay(self, wanted: Wanted) -> list[DeadLetter]:
        """Give each back to the topic that it failed on, as it came and with no attempt counted; what was replayed.

        Killed in the middle and called again, at most one record is given back twice.
        """
        return await self._settle(wanted, "replayed")

    async def discard(self, wanted: Wanted) -> list[DeadLetter]:
        """Have each forgotten; what was discarded."""
        return await self._settle(wanted, "discarded")

    async def _settle(self, wanted: Wanted, outcome: Outcome) -> list[DeadLetter]:
        records = await self._records(wanted)
        async with publishing(self._settings) as producer:
            for record in records:
                if outcome == "replayed":
                    await republish(producer, record)
                await _mark(producer, record, outcome)
        return [letter_of(record) for record in records]

    async def _records(self, wanted: Wanted) -> list[ConsumerRecord]:
        services = [wanted.service] if wanted.service in SERVICES else SERVICES
        found: dict[tuple[str, int], _Open] = {}
        async for record in whole([dead_letter_topic(service) for service in services], self._settings):
            found.setdefault((record.topic, record.partition), _Open()).take(record)
        now = now_ms()
        still_open = [record for partition in found.values() for record in partition.records.values()]
        return sorted(
            (record for record in still_open if wanted.has(letter_of(record), now)),
            key=lambda record: (record.timestamp, record.topic, record.partition, record.offset),
        )


def letter_of(record: ConsumerRecord) -> DeadLetter:
    """What a record of a dead letter topic says, whoever wrote it."""
    said = own_headers(record)
    service = record.topic.removesuffix(dead_letter_topic(""))
    value, is_base64 = _text(record.value or b"")
    segment = said.get("segment", "")
    return DeadLetter(
        id=f"{service}:{record.partition}:{record.offset}",
        service=service,
        reason=said.get("reason", "unknown"),
        error=said.get("error", ""),
        attempts=int(said["attempt"]) if said.get("attempt", "").isdecimal() else 0,
        at=record.timestamp,
        video_id=said.get("video-id"),
        segment=int(segment) if segment.isdecimal() else None,
        recipe=said.get("recipe"),
        origin=_origin(record),
        origin_topic=said.get("origin-topic", ""),
        first_error=said.get("first-error", ""),
        stack=said.get("stack", ""),
        key=(record.key or b"").decode(errors="replace") or None,
        headers={name: (text or b"").decode(errors="replace") for name, text in foreign_headers(record).items()},
        value=value,
        is_base64=is_base64,
    )


async def republish(producer: AIOKafkaProducer, record: ConsumerRecord) -> None:
    """Give a dead letter back to its topic, and tell the ledger. Raises InvalidError where it names none."""
    letter = letter_of(record)
    topic = next((topic for topic in TOPICS if topic.name == letter.origin_topic), None)
    if topic is None:
        raise InvalidError("not_replayable", f"the dead letter {letter.id} names no topic that it came from")
    headers = list(foreign_headers(record).items())
    await producer.send_and_wait(topic.name, record.value, key=record.key, headers=headers)
    if (told := _told(letter, topic, record.value or b"")) is not None:
        await producer.send_and_wait(VIDEO_PROGRESS.name, told.model_dump_json().encode(), key=told.key().encode())


def _told(letter: DeadLetter, topic: Topic, value: bytes) -> VideoProgress | None:
    """What the ledger is told of a replay; nothing, where the record is of no video that is known."""
    if letter.service not in get_args(StageName):
        return None
    try:
        event = topic.event.model_validate_json(value)
    except ValidationError:
        return None
    subject = Subject(letter.video_id, letter.segment, letter.recipe)
    return stumbled(cast(StageName, letter.service), "retrying", event, subject, "replayed")


async def _mark(producer: AIOKafkaProducer, record: ConsumerRecord, outcome: Outcome) -> None:
    headers = [(SETTLES, _origin(record).encode()), (OUTCOME, outcome.encode())]
    await producer.send_and_wait(record.topic, b"", key=record.key, partition=record.partition, headers=headers)


def _origin(record: ConsumerRecord) -> str:
    here = f"{record.topic}/{record.partition}/{record.offset}"
    return own_headers(record).get("origin", here)


def _text(value: bytes) -> tuple[str, bool]:
    try:
        return value.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(value).decode(), True
