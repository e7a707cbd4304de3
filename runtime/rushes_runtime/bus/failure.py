"""What becomes of a record that could not be done: the headers that a retry and a dead letter carry."""

import random
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiokafka import ConsumerRecord

from rushes_runtime.errors import InvalidError, reason_of
from rushes_runtime.settings import KafkaSettings

PREFIX = "rushes-"
"""All headers of ours begin so; the record's own are kept beside them."""

Headers = Mapping[str, bytes]


@dataclass(frozen=True)
class Failure:
    """A record's failed attempt. `origin` is topic/partition/offset of the record as it was first consumed."""

    attempt: int
    reason: str
    sentence: str
    error: str
    stack: str
    first_error: str
    origin: str
    origin_topic: str
    invalid: bool
    not_before_ms: int = 0

    def is_final(self, settings: KafkaSettings) -> bool:
        """Whether the record is a dead letter now: it is invalid, or its attempts are spent."""
        return self.invalid or self.attempt >= settings.max_attempts

    def after_back_off(self, settings: KafkaSettings, now_ms: int) -> "Failure":
        """The failure with the time before which it is not tried again: exponential back-off with full jitter
        (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/)."""
        longest = min(settings.retry_cap_s, settings.retry_base_s * 2 ** (self.attempt - 1))
        return replace(self, not_before_ms=now_ms + round(random.uniform(0, longest) * 1000))  # noqa: S311

    def headers(self) -> dict[str, bytes]:
        """Our part of the headers of the record that goes to the retry or the dead letter topic."""
        said = {
            "attempt": str(self.attempt),
            "reason": self.reason,
            "error": self.error,
            "stack": self.stack,
            "first-error": self.first_error,
            "origin": self.origin,
            "origin-topic": self.origin_topic,
            "not-before": str(self.not_before_ms),
        }
        return {PREFIX + name: value.encode() for name, value in said.items()}


def failed(record: ConsumerRecord, error: BaseException) -> Failure:
    """Describe an attempt that ended with this error, as the one after those that the record's headers tell of."""
    before = own_headers(record)
    described = f"{type(error).__name__}: {error}"
    here = f"{record.topic}/{record.partition}/{record.offset}"
    return Failure(
        attempt=int(before.get("attempt", "0")) + 1,
        reason=reason_of(error),
        sentence=str(error),
        error=described,
        stack="".join(traceback.format_exception(error)),
        first_error=before.get("first-error", described),
        origin=before.get("origin", here),
        origin_topic=before.get("origin-topic", record.topic),
        invalid=isinstance(error, InvalidError),
    )


def own_headers(record: ConsumerRecord) -> dict[str, str]:
    """Our headers of a record, without the prefix."""
    return {
        name.removeprefix(PREFIX): value.decode(errors="replace")
        for name, value in record.headers
        if name.startswith(PREFIX)
    }


def foreign_headers(record: ConsumerRecord) -> dict[str, bytes]:
    """The headers that the record came with, without ours."""
    return {name: value for name, value in record.headers if not name.startswith(PREFIX)}
