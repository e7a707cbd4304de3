"""At least once: a record's offset is committed only after its result is published, or its failure written down.

FastStream runs a middleware's `after_processed` once the handler's result has been published, so it is the place
where a record is settled; its acknowledgement policy is MANUAL (see docs/decisions/0002-manual-acknowledgement.md).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream import BaseMiddleware
from faststream.message import StreamMessage

from rushes_runtime.bus.failure import Failure, failed
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.metrics import Metrics
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.events import Event

PAUSE_S = 1.0
"""How long to wait before telling a broker again what it did not take."""

log = structlog.stdlib.get_logger("rushes.delivery")


class Aside(Protocol):
    """Where a service puts what it could not do. Both raise KafkaError."""

    async def retry(self, record: ConsumerRecord, event: Event | None, failure: Failure) -> None: ...

    async def bury(self, record: ConsumerRecord, event: Event | None, failure: Failure) -> None: ...


class Settler:
    """What the records of one service have in common: how their failures are judged, put aside and counted."""

    def __init__(self, service: str, settings: KafkaSettings, metrics: Metrics, aside: Aside) -> None:
        self.service = service
        self.settings = settings
        self.metrics = metrics
        self._aside = aside

    async def put_aside(self, record: ConsumerRecord, event: Event | None, error: BaseException) -> str:
        """Write a failed record down where it belongs, however long the broker takes; "retry" or "dead"."""
        failure = failed(record, error).after_back_off(self.settings, now_ms())
        final = failure.is_final(self.settings)
        outcome, put = ("dead", self._aside.bury) if final else ("retry", self._aside.retry)
        self.metrics.failures.labels(self.service, failure.reason, outcome).inc()
        log.warning("failed", reason=failure.reason, error=failure.error, attempt=failure.attempt, next=outcome)
        while True:
            try:
                await put(record, event, failure)
                return outcome
            except KafkaError as unavailable:
                log.warning("the broker did not take a failed record; trying again", error=repr(unavailable))
                await asyncio.sleep(PAUSE_S)


def delivery(settler: Settler) -> Callable[..., BaseMiddleware]:
    """A router middleware that settles every record of one service."""

    class Delivery(BaseMiddleware):
        record: ConsumerRecord
        event: Event | None = None
        started: float

        async def on_receive(self) -> None:
            self.record = self.msg
            self.started = time.monotonic()
            structlog.contextvars.bind_contextvars(stage=settler.service)

        async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: StreamMessage[Any]) -> Any:
            event = await msg.decode()
            if isinstance(event, Event):
                self.event = event
                structlog.contextvars.bind_contextvars(**event.subject())
            return await call_next(msg)

        async def after_processed(
            self,
            exc_type: type[BaseException] | None = None,
            exc_val: BaseException | None = None,
            exc_tb: TracebackType | None = None,
        ) -> bool:
            if exc_val is not None and not isinstance(exc_val, Exception):
                return False  # cancelled: not settled, so it is delivered again
            outcome = "done"
            if exc_val is not None:
                outcome = await settler.put_aside(self.record, self.event, exc_val)
            await self._commit()
            settler.metrics.stage_seconds.labels(settler.service, outcome).observe(time.monotonic() - self.started)
            structlog.contextvars.clear_contextvars()
            return True

        async def _commit(self) -> None:
            """Commit this record's offset. Not to be able to is harmless: who owns the partition does it again."""
            consumer = self.context.get("handler_").consumer
            partition = TopicPartition(self.record.topic, self.record.partition)
            if consumer is None:
                return  # a test's broker in memory
            try:
                await consumer.commit({partition: self.record.offset + 1})
                behind = (consumer.highwater(partition) or 0) - self.record.offset - 1
                settler.metrics.backlog.labels(settler.service, self.record.partition).set(max(0, behind))
            except (CommitFailedError, IllegalStateError) as error:
                log.warning("the partition moved on before its offset was committed", error=repr(error))

    return Delivery
