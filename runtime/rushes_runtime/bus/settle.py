"""What the records of one service have in common: when one is tried again at once, and where its failure goes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog
from aiokafka import ConsumerRecord

from rushes_runtime.bus.breaker import Breaker
from rushes_runtime.bus.dependencies import Dependencies
from rushes_runtime.bus.failure import Failure, GivenUp, failed
from rushes_runtime.bus.in_hand import InHand
from rushes_runtime.bus.oversize import TOO_LARGE
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import Dropped, InvalidError, SourceError, TransientError
from rushes_runtime.metrics import Metrics
from rushes_runtime.record_context import Subject
from rushes_runtime.settings import FailureSettings
from rushes_schemas.events import Event

PAUSE_S = 1.0
"""How long to wait before a failed record is written down once more, after what should take it did not."""

R = TypeVar("R")

log = structlog.stdlib.get_logger("rushes.delivery")


class Aside(Protocol):
    """Where a service puts what it could not do. `retry` and `bury` may raise anything; they are called again then."""

    async def retry(self, record: ConsumerRecord, event: Event | None, failure: Failure) -> None: ...

    async def bury(self, record: ConsumerRecord, event: Event | None, failure: Failure) -> None: ...

    async def refuse_given_up(self, record: ConsumerRecord, event: Event) -> None:
        """Raise GivenUp, or Dropped, for a record that was given up before and is not to be tried."""

    async def settled(self, record: ConsumerRecord) -> None:
        """The record is done, given up or dropped."""


class Holding(TransientError):
    """The service is well, but does not consume: something else is wrong."""

    reason = "holding"


class Settler:
    """How the failures of one service's records are judged, put aside and counted."""

    def __init__(
        self,
        service: str,
        settings: FailureSettings,
        metrics: Metrics,
        dependencies: Dependencies,
        aside: Aside,
    ) -> None:
        self.service = service
        self.metrics = metrics
        self.breaker = Breaker(settings)
        self.in_hand: dict[str, InHand] = {}
        """By topic."""
        self._settings = settings
        self._dependencies = dependencies
        self.aside = aside

    def takes(self, topic: str, wait_s: float) -> InHand:
        """Have rebalances of this topic's consumer wait for its record in hand, for so long at most."""
        self.in_hand[topic] = InHand(wait_s, lambda: bool(self._dependencies.missing))
        return self.in_hand[topic]

    async def attempt(self, record: ConsumerRecord, event: Event | None, work: Callable[[], Awaitable[R]]) -> R:
        """Do the work. Where it fails while something that the service depends on is away, wait until that is back and
        do it again, as often as it takes; any other failure is raised. An event that was given up before is not worked
        on: raises GivenUp."""
        while True:
            try:
                if event is not None:
                    await self.aside.refuse_given_up(record, event)
                return await work()
            except (InvalidError, Dropped, GivenUp):
                raise
            except Exception as error:
                if not await self._dependencies.were_away():
                    raise
                log.info("doing it again", error=repr(error))

    async def put_aside(
        self, record: ConsumerRecord, event: Event | None, error: BaseException, subject: Subject
    ) -> str:
        """Write a failed record down where it belongs, however long that takes; "retry" or "dead", or "dropped" for one
        of which nothing is to be written down."""
        if isinstance(error, Dropped):
            log.info("dropped", because=str(error))
            return "dropped"
        if isinstance(error, TOO_LARGE):  # what it made of the record, which will be as large the next time
            error = InvalidError("too_large", f"the result is larger than its topic takes: {error}")
        if isinstance(error, GivenUp):
            log.warning("not tried", because=str(error))
            await self._insist(lambda: self.aside.bury(record, event, error.failure))
            return "dead"
        failure = failed(record, error, subject, self._settings)
        if not isinstance(error, InvalidError | SourceError):  # which say nothing of the service, see errors.py
            if failure.attempt == 1:
                self.breaker.failed(failure.reason)
            failure = failure.uncounted() if self.breaker.reason else failure
        failure = failure.after_back_off(self._settings, now_ms())
        outcome, put = ("dead", self.aside.bury) if failure.is_final else ("retry", self.aside.retry)
        self.metrics.failures.labels(self.service, failure.reason, outcome).inc()
        log.warning("failed", reason=failure.reason, error=failure.error, attempt=failure.attempt, next=outcome)
        await self._insist(lambda: put(record, event, failure))
        return outcome

    async def _insist(self, put: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await put()
                return
            except Exception as unavailable:  # noqa: BLE001  whatever it is: to go on without would lose the record
                log.error("a failed record could not be written down; trying again", error=repr(unavailable))
                if not await self._dependencies.were_away():
                    await asyncio.sleep(PAUSE_S)

    async def settled(self, record: ConsumerRecord, outcome: str) -> None:
        """The record needs nothing any more, unless it is to be tried again."""
        if outcome != "retry":
            await self.aside.settled(record)

    async def consuming(self) -> None:
        """Return while records are consumed. Raises Holding, with what is being waited for, while none is."""
        if self._dependencies.missing:
            what = "; ".join(f"{name}: {sentence}" for name, sentence in self._dependencies.missing.items())
            raise Holding(f"{self.service} holds its record and waits: {what}")
        if self.breaker.reason:
            raise Holding(
                f"{self.service} consumes no more than a record now and then, since nearly all fail: "
                f"{self.breaker.reason}; its log says more"
            )
