"""At least once: a record's offset is committed only after its result is published, or its failure written down.

FastStream runs a middleware's `after_processed` once the handler's result has been published, so it is the place
where a record is settled; its acknowledgement policy is MANUAL (see docs/decisions/0002-manual-acknowledgement.md).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faststream import BaseMiddleware
from faststream.message import StreamMessage

from rushes_runtime.bus.failure import attempt_of, offset_of
from rushes_runtime.bus.settle import Settler
from rushes_runtime.record_context import RecordContext, enter
from rushes_schemas.events import Event

log = structlog.stdlib.get_logger("rushes.delivery")


def delivery(settler: Settler) -> Callable[..., BaseMiddleware]:
    """A router middleware that settles every record of one service."""

    class Delivery(BaseMiddleware):
        record: ConsumerRecord
        known: RecordContext
        event: Event | None = None
        started: float

        async def on_receive(self) -> None:
            self.record = self.msg
            self.started = time.monotonic()
            settler.in_hand[self.record.topic].taken()
            self.known = RecordContext(settler.service, attempt_of(self.record), offset_of(self.record))
            enter(self.known)

        async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: StreamMessage[Any]) -> Any:
            event = await msg.decode()
            if isinstance(event, Event):
                self.event = event
                self.known.learn(**event.subject())
            with self.context.scope("record", self.known):
                return await settler.attempt(self.record, self.event, lambda: call_next(msg))

        async def after_processed(
            self,
            exc_type: type[BaseException] | None = None,
            exc_val: BaseException | None = None,
            exc_tb: TracebackType | None = None,
        ) -> bool:
            try:
                if exc_val is not None and not isinstance(exc_val, Exception):
                    log.warning("abandoned, since the service stops; it is delivered again")
                    return False
                await self._settle(exc_val)
            finally:
                settler.in_hand[self.record.topic].settled()
            await asyncio.sleep(settler.breaker.pause_s())
            return True

        async def _settle(self, error: Exception | None) -> None:
            outcome = "done"
            if error is None:
                settler.breaker.succeeded()
            else:
                outcome = await settler.put_aside(self.record, self.event, error, self.known.about)
            await settler.settled(self.record, outcome)
            await _commit(self.context.get("handler_").consumer, self.record, settler)
            settler.metrics.stage_seconds.labels(settler.service, outcome).observe(time.monotonic() - self.started)

    return Delivery


async def _commit(consumer: AIOKafkaConsumer | None, record: ConsumerRecord, settler: Settler) -> None:
    """Commit a record's offset. Not to be able to is harmless: who owns the partition does it again."""
    partition = TopicPartition(record.topic, record.partition)
    if consumer is None:
        return  # a test's broker in memory
    try:
        await consumer.commit({partition: record.offset + 1})
        behind = (consumer.highwater(partition) or 0) - record.offset - 1
        settler.metrics.backlog.labels(settler.service, record.partition).set(max(0, behind))
    except (KafkaError, ConsumerStoppedError) as error:
        log.warning("the partition moved on before its offset was committed", error=repr(error))
