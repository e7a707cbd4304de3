"""Dead letters in the blob store, for a broker that forgets: one small object each, written before its record's offset
is committed.

    dead-letters/<service>/<hash>.json

The hash is of what was given up, the event itself where the record is one. So the same event, published again by a
start of the embedded mode, is known to be given up and is not tried again; and a dead letter that is written twice is
one. An object is `open` until a person decides. `discarded` it stays, without the record's content, so that what was
given up stays given up. `replayed` it stays until the record that was published again is done or given up anew: a
start of the embedded mode publishes it once more. A replayed record carries a header that names its dead letter, and
so is another one than the record that was given up.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Literal
from weakref import WeakKeyDictionary

import structlog
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from pydantic import BaseModel, ConfigDict

from rushes_runtime.artefacts import if_readable, keys_below, read, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.connect import publishing
from rushes_runtime.bus.dead import Wanted, letter_of, refusal, republish
from rushes_runtime.bus.failure import Failure, GivenUp, foreign_headers, own_headers, time_of
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import BrokerUnavailable, Dropped, InvalidError
from rushes_runtime.record_context import Subject
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.api import DeadLetter
from rushes_schemas.events import Event
from rushes_schemas.topics import SERVICES, dead_letter_topic

PREFIX = "dead-letters"
REPLAYED = "replayed-dead-letter"
"""Header of a replayed record: the id of its dead letter. It is none of ours, which a retry does not keep."""
READ_AT_ONCE = 32
"""Dead letters that are read at the same time."""
ID = re.compile(r"(?P<service>[a-z]+):(?P<hash>[0-9a-f]{32})")

_LOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

log = structlog.stdlib.get_logger("rushes.dead")


class _Kept(BaseModel):
    """What is stored of a record that was given up: its parts, with our headers beside its own."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    id: str
    state: Literal["open", "replayed", "discarded"] = "open"
    at: int
    sentence: str
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]

    @property
    def service(self) -> str:
        return self.id.partition(":")[0]

    def record(self) -> ConsumerRecord:
        """As a record of a dead letter topic."""
        return ConsumerRecord(
            topic=dead_letter_topic(self.service),
            partition=0,
            offset=0,
            timestamp=self.at,
            timestamp_type=0,
            key=self.key,
            value=self.value,
            checksum=None,
            serialized_key_size=len(self.key or b""),
            serialized_value_size=len(self.value),
            headers=tuple(self.headers),
        )

    def letter(self) -> DeadLetter:
        return letter_of(self.record()).model_copy(update={"id": self.id})

    def failure(self) -> Failure:
        """Why it was given up."""
        letter = self.letter()
        return Failure(
            attempt=letter.attempts,
            reason=letter.reason,
            sentence=self.sentence,
            error=letter.error,
            stack=letter.stack,
            first_error=letter.first_error,
            origin=letter.origin,
            origin_topic=letter.origin_topic,
            origin_at_ms=time_of(self.record()),
            most_attempts=0,
            subject=Subject(letter.video_id, letter.segment, letter.recipe),
        )


class BlobDeadLetters:
    """The dead letters of all services, as `DeadLetterStore` says. Methods raise BlobsUnavailable."""

    def __init__(self, settings: KafkaSettings, blobs: Blobs) -> None:
        self._settings = settings
        self._blobs = blobs

    async def keep(self, service: str, record: ConsumerRecord, event: Event | None, failure: Failure) -> None:
        """Store a dead letter, unless it is there already."""
        id = _id(service, record, event)
        if await read(self._blobs, _key(id), _Kept) is None:
            headers = list((foreign_headers(record) | failure.headers()).items())
            parts = {"key": record.key, "value": record.value or b"", "headers": headers}
            await self._write(_Kept(id=id, at=now_ms(), sentence=failure.sentence, **parts))

    async def refuse(self, service: str, record: ConsumerRecord, event: Event | None) -> None:
        """Raise GivenUp for a record that was given up before, and Dropped where its replay is on its way."""
        kept = await read(self._blobs, _key(id := _id(service, record, event)), _Kept)
        if kept is not None and kept.state == "replayed":
            raise Dropped(f"the dead letter {id} of this record was replayed")
        if kept is not None:
            raise GivenUp(f"it was given up before, as dead letter {id}", kept.failure())

    async def settled(self, record: ConsumerRecord) -> None:
        """A record is done or given up: if it is a replayed one, the dead letter that it was is no more."""
        for name, value in record.headers:
            if name == REPLAYED and ID.fullmatch(id := (value or b"").decode(errors="replace")):
                kept = await read(self._blobs, _key(id), _Kept)
                if kept is not None and kept.state == "replayed":
                    await self._blobs.delete(_key(id))

    async def open(self, wanted: Wanted) -> list[DeadLetter]:
        """Those that were neither replayed nor discarded, oldest first."""
        return [kept.letter() for kept in await self._open(wanted)]

    async def one(self, id: str) -> DeadLetter | None:
        """The one with this id; None where there is none, or no longer."""
        found = await self.open(Wanted(ids=[id]))
        return found[0] if found else None

    async def replay(self, wanted: Wanted) -> list[DeadLetter]:
        """Give each back to the topic that it failed on, as it came and with no attempt counted; what was replayed.
        Raises BrokerUnavailable, and InvalidError where one can't be given back, once the others were; what was not
        replayed stays open."""

        async def replayed(producer: AIOKafkaProducer, kept: _Kept) -> None:
            await self._write(kept.model_copy(update={"state": "replayed"}))  # first: its record may come at once
            try:
                await self._publish(producer, kept)
            except BaseException:
                await self._write(kept)
                raise

        async with _deciding():
            given, refused = await self._each(await self._open(wanted), replayed)
        if refused:
            raise refusal([error for _, error in refused], len(given))
        return [kept.letter() for kept in given]

    async def discard(self, wanted: Wanted) -> list[DeadLetter]:
        """Have each forgotten, but for that it was given up; what was discarded."""
        async with _deciding():
            found = await self._open(wanted)
            for kept in found:
                await self._write(kept.model_copy(update={"state": "discarded", "key": None, "value": b""}))
        return [kept.letter() for kept in found]

    async def resume(self) -> int:
        """Publish what was replayed and not done when the broker forgot it; how many records. One that can't be
        published is open again. Raises BrokerUnavailable."""
        async with _deciding():
            found = [kept async for kept in self._all() if kept.state == "replayed"]
            given, refused = await self._each(found, self._publish)
            for kept, error in refused:
                log.error("a replayed dead letter is open again", dead_letter=kept.id, reason=str(error))
                await self._write(kept.model_copy(update={"state": "open"}))
        return len(given)

    async def forget(self, video_id: str) -> None:
        """Remove the dead letters of a deleted video, or of an accepted URI."""
        await self._remove(lambda kept: own_headers(kept.record()).get("video-id") == video_id)

    async def expire(self, before_ms: int) -> None:
        """Remove those that were given up before this time, in ms since the Unix epoch."""
        await self._remove(lambda kept: kept.at < before_ms)

    async def _remove(self, is_meant: Callable[[_Kept], bool]) -> None:
        async with _deciding():  # a replay would write it again
            await self._blobs.delete(*[_key(kept.id) async for kept in self._all() if is_meant(kept)])

    async def _each(
        self, found: list[_Kept], act: Callable[[AIOKafkaProducer, _Kept], Awaitable[None]]
    ) -> tuple[list[_Kept], list[tuple[_Kept, InvalidError]]]:
        """Publish each by itself; those that were, and those that can't be, with the reason."""
        given: list[_Kept] = []
        refused: list[tuple[_Kept, InvalidError]] = []
        if not found:
            return given, refused
        try:
            async with publishing(self._settings) as producer:
                for kept in found:
                    try:
                        await act(producer, kept)
                        given.append(kept)
                    except InvalidError as error:
                        refused.append((kept, error))
        except KafkaError as error:
            raise BrokerUnavailable(f"the broker does not take the replayed records: {error!r}") from error
        return given, refused

    async def _publish(self, producer: AIOKafkaProducer, kept: _Kept) -> None:
        record = kept.record()
        others = (header for header in record.headers if header[0] != REPLAYED)
        await republish(producer, replace(record, headers=(*others, (REPLAYED, kept.id.encode()))))

    async def _open(self, wanted: Wanted) -> list[_Kept]:
        now = now_ms()
        found = [kept async for kept in self._all(wanted.service) if kept.state == "open"]
        return sorted((each for each in found if wanted.has(each.letter(), now)), key=lambda each: (each.at, each.id))

    async def _all(self, service: str | None = None) -> AsyncIterator[_Kept]:
        for name in [service] if service in SERVICES else SERVICES:
            keys = [key async for key in keys_below(self._blobs, f"{PREFIX}/{name}")]
            for start in range(0, len(keys), READ_AT_ONCE):
                some = keys[start : start + READ_AT_ONCE]
                for kept in await asyncio.gather(*(if_readable(self._blobs, key, self._read(key)) for key in some)):
                    if kept is not None:
                        yield kept

    async def _read(self, key: str) -> _Kept | None:
        """One dead letter. Raises ValueError where it is another's than its key says."""
        kept = await read(self._blobs, key, _Kept)
        if kept is not None and _key(kept.id) != key:
            raise ValueError(f"it says that it is the dead letter {kept.id}")
        return kept

    async def _write(self, kept: _Kept) -> None:
        await write(self._blobs, _key(kept.id), kept)


def _deciding() -> asyncio.Lock:
    """What decides about dead letters holds this, so that none is replayed twice, or replayed and discarded: the
    embedded mode is one process. What is open is read while it is held. A lock serves only its own event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _LOCKS:
        _LOCKS[loop] = asyncio.Lock()
    return _LOCKS[loop]


def _id(service: str, record: ConsumerRecord, event: Event | None) -> str:
    """What a dead letter of this record is called. What is no event is told apart by where and when it came."""
    own, replayed = own_headers(record), dict(record.headers).get(REPLAYED, b"")
    if event is not None:
        topic = own.get("origin-topic", record.topic)
        what = [topic.encode(), replayed, event.model_dump_json().encode()]
    else:
        origin = own.get("origin", f"{record.topic}/{record.partition}/{record.offset}")
        what = [origin.encode(), str(time_of(record)).encode(), record.key or b"", record.value or b""]
    digest = hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in what))
    return f"{service}:{digest.hexdigest()[:32]}"


def _key(id: str) -> str:
    service, _, name = id.partition(":")
    return f"{PREFIX}/{service}/{name}.json"
