"""One service's place on the bus: what it consumes, what it publishes, and where its failures go."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast, get_args

import structlog
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaMessage, KafkaRouter
from faststream.kafka.publisher import DefaultPublisher
from pydantic import ValidationError

from rushes_runtime.bus.connect import publishing
from rushes_runtime.bus.dead_store import kept_in_blobs
from rushes_runtime.bus.delivery import delivery
from rushes_runtime.bus.dependencies import Dependencies
from rushes_runtime.bus.failure import LONGEST, Failure, failed, subject_of, time_of
from rushes_runtime.bus.membership import Membership
from rushes_runtime.bus.oversize import TOO_LARGE, put
from rushes_runtime.bus.progress import stumbled
from rushes_runtime.bus.retry import Scheduler
from rushes_runtime.bus.settle import Settler
from rushes_runtime.checks import Check
from rushes_runtime.errors import InvalidError, TransientError
from rushes_runtime.platform import Platform
from rushes_runtime.record_context import Subject
from rushes_schemas.events import Event, ProgressStatus, StageName, VideoProgress, VideoUploaded
from rushes_schemas.topics import VIDEO_PROGRESS, Topic, dead_letter_topic, group, retry_topic

STAGES = get_args(StageName)
REJOIN_S = 5.0
"""How long a consumer whose record is settled may take to come back into its group. With the longest wait for the
record it has to stay below the 40 s that a request of aiokafka's may take, joining a group being one."""
GiveUp = Callable[[Event, Failure], Awaitable[None]]

log = structlog.stdlib.get_logger("rushes.delivery")

H = TypeVar("H", bound=Callable[..., Awaitable[Any]])


class Stage:
    """Makes the router of a service, whose handlers take an event and return the next one:

        @stage.publishes(SEGMENT_TRANSCRIBED)
        @stage.consumes(SEGMENT_PLANNED)
        async def transcribe(event: SegmentPlanned) -> SegmentTranscribed: ...

    A handler that raises InvalidError makes its record a dead letter, any other exception a retry; unless something in
    `depends_on` is away, for which the record in hand waits. One record is in hand at a time: scale by process.
    """

    def __init__(self, service: str, platform: Platform, depends_on: Mapping[str, Check]) -> None:
        self.service = service
        self.platform = platform
        self.settings = platform.settings.kafka
        self._dead_letters = kept_in_blobs(platform)
        failures = platform.settings.failures
        dependencies = Dependencies(depends_on, failures.check_every_s)
        self.settler = Settler(service, failures, platform.metrics, dependencies, self)
        self.checks: dict[str, Check] = {**depends_on, service: self.settler.consuming}
        """Whether the service is ready: what it depends on is there, it has its place in its group, and it consumes."""
        self.router = KafkaRouter(middlewares=(delivery(self.settler),))
        self.progress = self.publishes(VIDEO_PROGRESS)
        self._producer: AIOKafkaProducer | None = None
        self._give_up: GiveUp | None = None

    def consumes(self, topic: Topic) -> Callable[[H], H]:
        """Decorate the handler of a topic's events."""
        in_hand = self.settler.takes(topic.name, self.settings.rebalance_wait_s)
        membership = Membership(topic.name, then=in_hand)
        self.checks[f"{self.service} consumer of {topic.name}"] = membership.ready
        subscriber = self.router.subscriber(
            topic.name,
            group_id=group(self.service),
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_poll_interval_ms=round(self.settings.max_poll_interval_s * 1000),
            rebalance_timeout_ms=round((self.settings.rebalance_wait_s + REJOIN_S) * 1000),
            session_timeout_ms=round(self.settings.session_timeout_s * 1000),
            heartbeat_interval_ms=round(self.settings.session_timeout_s * 1000 / 6),
            partition_assignment_strategy=(RoundRobinPartitionAssignor,),
            listener=membership,
            parser=_parse,
            decoder=_decoder(topic),
            no_reply=True,
            title=f"{self.service} consumes {topic.name}",
        )
        return cast(Callable[[H], H], subscriber)

    def publishes(self, topic: Topic) -> DefaultPublisher:
        """A publisher of a topic's events: decorate a handler with it to publish what that returns, or call
        `await publisher.publish(event)`."""
        return self.router.publisher(topic.name, schema=topic.event, title=f"{self.service} publishes {topic.name}")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have failures taken for as long as the context is open."""
        # FastStream's producer takes only headers that are text; a dead letter keeps its own as they came.
        async with publishing(self.settings) as self._producer:
            yield

    def retries(self) -> AbstractAsyncContextManager[None]:
        """Have retries given back for as long as the context is open."""
        platform = self.platform
        return Scheduler(
            self.service, platform.settings, platform.metrics, self._open_producer(), platform.blobs, self._not_returned
        ).running()

    def gives_up(self, handler: GiveUp) -> GiveUp:
        """Decorate what is to happen when an event has become a dead letter, beside telling the ledger."""
        self._give_up = handler
        return handler

    async def retry(self, record: ConsumerRecord, event: Event | None, failure: Failure) -> None:
        """Have the record tried again at the failure's time, and the ledger told."""
        await self._put(retry_topic(self.service), record, failure)
        await self._tell(event, failure, "retrying")

    async def bury(self, record: ConsumerRecord, event: Event | None, failure: Failure) -> None:
        """Make the record a dead letter, and have the ledger told."""
        if self._dead_letters is not None:
            await self._dead_letters.keep(self.service, record, event, failure)
        else:
            await self._put(dead_letter_topic(self.service), record, failure)
        await self._tell(event, failure, "failed")
        if self._give_up and event:
            try:
                await self._give_up(event, failure)
            except TOO_LARGE as error:  # which it will always be; the dead letter and the ledger say what happened
                log.error("what goes on without it is too large for its topic", error=repr(error))

    async def _not_returned(self, record: ConsumerRecord, error: InvalidError) -> None:
        """Make a waiting record that can't go back to its topic a dead letter."""
        forged = error.reason == "not_a_retry"
        subject = Subject() if forged else subject_of(record)
        await self.bury(record, None, failed(record, error, subject, self.platform.settings.failures))

    async def refuse_given_up(self, record: ConsumerRecord, event: Event) -> None:
        """Raise GivenUp, or Dropped, for a record that a broker which forgets was told of again. One that does not
        never delivers what was given up: its offset is committed."""
        if self._dead_letters is not None:
            await self._dead_letters.refuse(self.service, record, event)

    async def settled(self, record: ConsumerRecord) -> None:
        """The record is done, given up or dropped."""
        if self._dead_letters is not None:
            try:
                await self._dead_letters.settled(record)
            except TransientError as error:
                log.warning("a replay is done, and will be done again at the next start", error=repr(error))

    async def _tell(self, event: Event | None, failure: Failure, status: ProgressStatus) -> None:
        if self.service in STAGES:
            reason = f"{failure.reason}: {failure.sentence}"
            said = stumbled(cast(StageName, self.service), status, event, failure.subject, reason)
            if said is not None:
                await self._publish_shortened(said)

    async def _publish_shortened(self, said: VideoProgress) -> None:
        """Tell the ledger what fits: an upload may have come with more than one record can say of its failure."""
        try:
            await self.progress.publish(said)
        except TOO_LARGE:
            log.warning("the ledger is not told what the upload said of the video, which is too large")
            source = said.source and VideoUploaded(uri=said.source.uri[:LONGEST], accepted_at=said.source.accepted_at)
            await self.progress.publish(said.model_copy(update={"source": source}))

    async def _put(self, topic: str, record: ConsumerRecord, failure: Failure) -> None:
        own, origin = failure.headers(), failure.origin
        await put(self._open_producer(), self.platform.blobs, self.settings, topic, record, own, origin)

    def _open_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError(f"{self.service} consumes outside of its stage's running()")
        return self._producer


async def _parse(record: ConsumerRecord, original: Callable[[Any], Any]) -> KafkaMessage:
    """Headers are anybody's bytes; one that is no text must not stop the record."""
    parsed: KafkaMessage = await original(_with_text_headers(record))
    parsed.raw_message = record
    return parsed


def _with_text_headers(record: ConsumerRecord) -> ConsumerRecord:
    text = tuple((name, (value or b"").decode(errors="replace").encode()) for name, value in record.headers)
    return replace(record, headers=text)


def _decoder(topic: Topic) -> Callable[[KafkaMessage], Any]:
    async def decode(message: KafkaMessage) -> Event:
        record = message.raw_message
        assert isinstance(record, ConsumerRecord)
        try:
            return topic.event.model_validate_json(message.body).as_of(time_of(record))
        except ValidationError as error:
            where = f"{topic.name}/{record.partition}/{record.offset}"
            raise InvalidError(
                "not_an_event", f"the record {where} is no {topic.name} event: {_first(error)}"
            ) from None

    return decode


def _first(error: ValidationError) -> str:
    mistake = error.errors()[0]
    field = ".".join(str(part) for part in mistake["loc"])
    return f"{field}: {mistake['msg']}" if field else mistake["msg"]
