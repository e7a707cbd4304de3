"""Dead letters: what could not be done at all, with its reason and its original bytes, until a person decides.

They lie in the `<service>-dlq` topics, but for the values of those that are larger than a topic takes (`oversize`).
What was replayed or discarded is said by a *marker*, a record of its own behind the dead letter in the same partition,
so the topics alone tell what is still open.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

import structlog
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from rushes_runtime.blobs import Blobs
from rushes_runtime.bus import oversize
from rushes_runtime.bus.connect import publishing
from rushes_runtime.bus.failure import PREFIX, foreign_headers, number, own_headers, subject_of
from rushes_runtime.bus.progress import now_ms, stumbled
from rushes_runtime.bus.reading import whole
from rushes_runtime.errors import BrokerUnavailable, InvalidError
from rushes_runtime.record_context import Subject
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.api import DeadLetter
from rushes_schemas.events import StageName, VideoProgress
from rushes_schemas.topics import SERVICES, TOPICS, VIDEO_PROGRESS, Topic, dead_letter_topic

SETTLES = PREFIX + "settles"
"""Header of a marker: the origin of the dead letter that it speaks of."""
OUTCOME = PREFIX + "outcome"

log = structlog.stdlib.get_logger("rushes.dead")

Outcome = Literal["replayed", "discarded"]


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
    """The dead letters of all services. Methods raise BrokerUnavailable, and BlobsUnavailable where a value lies in the
    blob store."""

    def __init__(self, settings: KafkaSettings, blobs: Blobs) -> None:
        self._settings = settings
        self._blobs = blobs

    async def open(self, wanted: Wanted) -> list[DeadLetter]:
        """Those that were neither replayed nor discarded, oldest first."""
        return [letter_of(record) for record in await self._records(wanted)]

    async def one(self, id: str) -> DeadLetter | None:
        """The one with this id, whole; None where there is none, or no longer."""
        found = await self._records(Wanted(ids=[id]))
        if not found:
            return None
        try:
            whole = await oversize.whole(self._blobs, found[0])
        except InvalidError as error:
            return letter_of(found[0]).model_copy(update={"missing": error.sentence})
        return letter_of(whole).model_copy(update={"stored_at": oversize.stored_at(found[0])})

    async def replay(self, wanted: Wanted) -> list[DeadLetter]:
        """Give each back to the topic that it failed on, as it came and with no attempt counted; what was replayed.

        Killed in the middle and called again, at most one record is given back twice. Raises InvalidError where one
        can't be given back, once the others were.
        """
        return await self._settle(wanted, "replayed")

    async def discard(self, wanted: Wanted) -> list[DeadLetter]:
        """Have each forgotten; what was discarded."""
        return await self._settle(wanted, "discarded")

    async def _settle(self, wanted: Wanted, outcome: Outcome) -> list[DeadLetter]:
        records = await self._records(wanted)
        settled: list[DeadLetter] = []
        refused: list[InvalidError] = []
        try:
            async with publishing(self._settings) as producer:
                for record in records:
                    try:
                        if outcome == "replayed":
                            await republish(producer, await oversize.whole(self._blobs, record))
                    except InvalidError as error:
                        refused.append(error)
                        continue
                    await _mark(producer, record, outcome)
                    await oversize.remove(self._blobs, record)
                    settled.append(letter_of(record))
        except KafkaError as error:
            raise BrokerUnavailable(f"the broker does not take what becomes of dead letters: {error!r}") from error
        if refused:
            raise refusal(refused, len(settled))
        return settled

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
    about = subject_of(record)
    return DeadLetter(
        id=f"{service}:{record.partition}:{record.offset}",
        service=service,
        reason=said.get("reason", "unknown"),
        error=said.get("error", ""),
        attempts=number(said.get("attempt")),
        at=record.timestamp,
        video_id=about.video_id,
        segment=about.segment,
        recipe=about.recipe,
        origin=_origin(record),
        origin_topic=said.get("origin-topic", ""),
        first_error=said.get("first-error", ""),
        stack=said.get("stack", ""),
        key=(record.key or b"").decode(errors="replace") or None,
        headers={name: (text or b"").decode(errors="replace") for name, text in foreign_headers(record).items()},
        value=value,
        is_base64=is_base64,
        stored_at=oversize.stored_at(record),
    )


def refusal(refused: list[InvalidError], replayed: int) -> InvalidError:
    """One error for all that could not be given back, where others were."""
    if len(refused) == 1 and not replayed:
        return refused[0]
    return InvalidError(
        refused[0].reason, f"{replayed} were replayed and {len(refused)} were not, for one since {refused[0]}"
    )


async def republish(producer: AIOKafkaProducer, record: ConsumerRecord) -> None:
    letter = letter_of(record)
    topic = next((topic for topic in TOPICS if topic.name == letter.origin_topic), None)
    if topic is None:
        raise InvalidError("not_replayable", f"the dead letter {letter.id} names no topic that it came from")
    headers = list(foreign_headers(record).items())
    partition = await oversize.partition_of(producer, topic.name, record.key, letter.origin)
    try:
        await producer.send_and_wait(topic.name, record.value, key=record.key, partition=partition, headers=headers)
    except oversize.TOO_LARGE:
        raise InvalidError(
            "too_large",
            f"the dead letter {letter.id} has {len(record.value or b'')} bytes, more than {topic.name} takes even "
            "compressed: raise RUSHES_KAFKA__MAX_MESSAGE_BYTES and have `rushes topics apply --reconfigure` set it, "
            "or discard it",
        ) from None
    if (told := _told(letter, subject_of(record), topic, record.value or b"")) is not None:
        try:
            await producer.send_and_wait(VIDEO_PROGRESS.name, told.model_dump_json().encode(), key=told.key().encode())
        except oversize.TOO_LARGE as error:
            log.warning("the ledger is not told of a replay", dead_letter=letter.id, error=repr(error))


def _told(letter: DeadLetter, about: Subject, topic: Topic, value: bytes) -> VideoProgress | None:
    """What the ledger is told of a replay; nothing, where the record is of no video that is known."""
    if letter.service not in get_args(StageName):
        return None
    try:
        event = topic.event.model_validate_json(value)
    except ValidationError:
        return None
    return stumbled(cast(StageName, letter.service), "retrying", event, about, "replayed")


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
