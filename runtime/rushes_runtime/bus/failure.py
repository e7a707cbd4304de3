"""What becomes of a record that could not be done: the headers that a retry and a dead letter carry."""

import random
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import ConsumerRecord

from rushes_runtime.errors import ComputeError, InvalidError, reason_of
from rushes_runtime.settings import FailureSettings

PREFIX = "rushes-"
"""All headers of ours begin so; the record's own are kept beside them."""

LONGEST = 16_000
"""Characters of a header; of a stack the last ones are kept. A record has to stay below the broker's limit."""


@dataclass(frozen=True)
class Subject:
    """What a record turned out to be about, as far as its handler had got."""

    video_id: str | None = None
    segment: int | None = None
    recipe: str | None = None
    generation: int | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Subject":
        """Out of what the handler's log lines name."""
        return cls(said.get("video_id"), said.get("segment"), said.get("recipe"), said.get("generation"))

    def headers(self) -> dict[str, str]:
        """Those that are known, as header texts."""
        known = {"video-id": self.video_id, "segment": self.segment, "recipe": self.recipe}
        return {name: str(value) for name, value in known.items() if value is not None}


@dataclass(frozen=True)
class Failure:
    """A record's failed attempt. `origin` is topic/partition/offset of the record as it was first consumed, and
    `origin_at_ms` its time.

    `attempt` counts those that were the record's own fault, this one included unless the breaker was open.
    """

    attempt: int
    reason: str
    sentence: str
    error: str
    stack: str
    first_error: str
    origin: str
    origin_topic: str
    origin_at_ms: int
    most_attempts: int
    subject: Subject
    not_before_ms: int = 0

    @property
    def is_final(self) -> bool:
        """Whether the record is a dead letter now: it is invalid, or its attempts are spent."""
        return self.attempt >= self.most_attempts

    def after_back_off(self, settings: FailureSettings, now_ms: int) -> "Failure":
        """The failure with the time before which it is not tried again: exponential back-off with full jitter
        (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/)."""
        longest = min(settings.retry_cap_s, settings.retry_base_s * 2.0 ** (max(self.attempt, 1) - 1))
        return replace(self, not_before_ms=now_ms + round(random.uniform(0, longest) * 1000))  # noqa: S311

    def uncounted(self) -> "Failure":
        """The same, but nobody's attempt: everything fails just now."""
        return replace(self, attempt=self.attempt - 1)

    def headers(self) -> dict[str, bytes]:
        """Our part of the headers of the record that goes to the retry or the dead letter topic."""
        said = self.subject.headers() | {
            "attempt": str(self.attempt),
            "reason": self.reason,
            "error": self.error,
            "stack": self.stack,
            "first-error": self.first_error,
            "origin": self.origin,
            "origin-topic": self.origin_topic,
            "origin-at": str(self.origin_at_ms),
            "not-before": str(self.not_before_ms),
        }
        return {PREFIX + name: value.encode(errors="replace") for name, value in said.items()}


def failed(record: ConsumerRecord, error: BaseException, subject: Subject, settings: FailureSettings) -> Failure:
    """Describe an attempt that ended with this error, as the one after those that the record's headers tell of."""
    before = own_headers(record)
    described = f"{type(error).__name__}: {error}"[:LONGEST]
    return Failure(
        attempt=_number(before.get("attempt")) + 1,
        reason=reason_of(error),
        sentence=str(error)[:LONGEST],
        error=described,
        stack="".join(traceback.format_exception(error))[-LONGEST:],
        first_error=before.get("first-error", described),
        origin=before.get("origin", f"{record.topic}/{record.partition}/{record.offset}"),
        origin_topic=before.get("origin-topic", record.topic),
        origin_at_ms=time_of(record),
        most_attempts=_most_attempts(error, settings),
        subject=subject,
    )


def _most_attempts(error: BaseException, settings: FailureSettings) -> int:
    if isinstance(error, InvalidError):
        return 0
    return settings.max_compute_attempts if isinstance(error, ComputeError) else settings.max_attempts


def time_of(record: ConsumerRecord) -> int:
    """When a record was first published, in ms since the epoch: to be tried again does not make it younger."""
    return _number(own_headers(record).get("origin-at")) or max(0, record.timestamp)


def not_before_ms(record: ConsumerRecord) -> int:
    """When a record of a retry topic is due, in ms since the epoch."""
    return _number(own_headers(record).get("not-before"))


def own_headers(record: ConsumerRecord) -> dict[str, str]:
    """Our headers of a record, without the prefix."""
    return {
        name.removeprefix(PREFIX): (value or b"").decode(errors="replace")
        for name, value in record.headers
        if name.startswith(PREFIX)
    }


def foreign_headers(record: ConsumerRecord) -> dict[str, bytes]:
    """The headers that the record came with, without ours."""
    return {name: value for name, value in record.headers if not name.startswith(PREFIX)}


def _number(text: str | None) -> int:
    """A count out of a header, which anybody may have written."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0
