"""What becomes of a record that could not be done: the headers that a retry and a dead letter carry."""

import random
import traceback
from dataclasses import dataclass, replace

from aiokafka import ConsumerRecord

from rushes_runtime.errors import ComputeError, InvalidError, RushesError, reason_of
from rushes_runtime.record_context import Subject
from rushes_runtime.settings import FailureSettings
from rushes_schemas.events import LATEST_MS

PREFIX = "rushes-"
"""All headers of ours begin so; the record's own are kept beside them."""

LONGEST = 16_000
"""Bytes of a header; of a stack the last ones are kept. All headers of ours together fit into the smallest record that
RUSHES_KAFKA__MAX_MESSAGE_BYTES may allow."""
LONGEST_NAME = 300
"""Bytes of a header that names something. Anybody may have written the headers that a record comes with."""


RETURNED = frozenset({"attempt", "first-error", "origin", "origin-topic", "origin-at"})
"""Headers of ours that a retry has when it is given back."""


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

    @property
    def is_refusal(self) -> bool:
        """Whether the input was invalid, so that trying it again is no use."""
        return self.most_attempts == 0

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
        said = _subject_headers(self.subject) | {
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


def _subject_headers(subject: Subject) -> dict[str, str]:
    """What is known of it, as header texts."""
    known = {"video-id": subject.video_id, "segment": subject.segment, "recipe": subject.recipe}
    return {name: _short(str(value), LONGEST_NAME) for name, value in known.items() if value is not None}


class GivenUp(RushesError):
    """The record was given up before, with this failure, and nobody has replayed it since."""

    def __init__(self, sentence: str, failure: Failure) -> None:
        super().__init__(sentence)
        self.failure = failure


def failed(record: ConsumerRecord, error: BaseException, subject: Subject, settings: FailureSettings) -> Failure:
    """Describe an attempt that ended with this error, as the one after those that the record's headers tell of."""
    before = own_headers(record)
    described = _short(f"{type(error).__name__}: {error}")
    here = f"{record.topic}/{record.partition}/{record.offset}"
    return Failure(
        attempt=number(before.get("attempt")) + 1,
        reason=_short(reason_of(error), LONGEST_NAME),
        sentence=_short(str(error)),
        error=described,
        stack=_short("".join(traceback.format_exception(error)), -LONGEST),
        first_error=_short(before.get("first-error", described)),
        origin=_short(before.get("origin", here), LONGEST_NAME),
        origin_topic=_short(before.get("origin-topic", record.topic), LONGEST_NAME),
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
    return min(number(own_headers(record).get("origin-at")) or max(0, record.timestamp), LATEST_MS)


def offset_of(record: ConsumerRecord) -> int | None:
    """Where in its partition a record was first published: to be tried again does not make it younger."""
    origin = own_headers(record).get("origin")
    return record.offset if origin is None else number(origin.rsplit("/", 1)[-1]) or None


def attempt_of(record: ConsumerRecord) -> int:
    """Which attempt at a record this is, from 1 on."""
    return number(own_headers(record).get("attempt")) + 1


def subject_of(record: ConsumerRecord) -> Subject:
    """What a retry or a dead letter is about."""
    said = own_headers(record)
    segment = said.get("segment", "")
    is_number = segment.isascii() and segment.isdigit() and len(segment) < 10
    return Subject(said.get("video-id"), int(segment) if is_number else None, said.get("recipe"))


def not_before_ms(record: ConsumerRecord) -> int:
    """When a record of a retry topic is due, in ms since the epoch."""
    return number(own_headers(record).get("not-before"))


def own_headers(record: ConsumerRecord) -> dict[str, str]:
    """Our headers of a record, without the prefix."""
    return {
        name.removeprefix(PREFIX): (value or b"").decode(errors="replace")
        for name, value in record.headers
        if name.startswith(PREFIX)
    }


def returned_headers(record: ConsumerRecord) -> dict[str, bytes]:
    """The headers with which a retry goes back to its topic: those that the next attempt needs, cut short, and the
    record's own. It came from there without ours, so these must not make it larger than that topic takes."""
    kept = {name: text for name, text in own_headers(record).items() if name in RETURNED}
    return foreign_headers(record) | {PREFIX + name: _short(text, LONGEST_NAME).encode() for name, text in kept.items()}


def foreign_headers(record: ConsumerRecord) -> dict[str, bytes]:
    """The headers that the record came with, without ours."""
    return {name: value for name, value in record.headers if not name.startswith(PREFIX)}


def _short(text: str, most: int = LONGEST) -> str:
    """So many bytes of a text in UTF-8, the last ones where the number is negative; what is no text is replaced."""
    data = text.encode(errors="replace")
    return (data[:most] if most > 0 else data[most:]).decode(errors="ignore")


def number(text: str | None) -> int:
    """A count out of a header, which anybody may have written."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0
