"""What is known of the record that a handler works on, carried as a value.

The delivery middleware makes one for each record. A handler that learns more (the video of a URI, the recipe of an
artefact) says so with `learn`, and whatever becomes of the record names it: the failure, the ledger, the dead letter.
Log lines name it too: the logger reads it, and nothing is ever read back from the logger.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import structlog
from faststream import Context


@dataclass(frozen=True)
class Subject:
    """The video, segment and recipe that a record is about, as far as they are known."""

    video_id: str | None = None
    segment: int | None = None
    recipe: str | None = None
    generation: int | None = None
    """Which life of the video; see `generations`."""


@dataclass
class RecordContext:
    """One record in one attempt at it."""

    stage: str
    attempt: int = 1
    offset: int | None = None
    """Where in its partition the record was first published; None if nobody knows."""
    about: Subject = Subject()
    named: dict[str, Any] = field(default_factory=dict)
    """What log lines name besides, such as the URI of an upload."""

    def learn(self, **known: Any) -> None:
        """Take in what the handler found out: fields of `Subject`; others are only logged."""
        fields = {name: value for name, value in known.items() if name in Subject.__dataclass_fields__}
        self.about = replace(self.about, **fields)
        self.named |= {name: value for name, value in known.items() if name not in fields}

    def log_fields(self) -> dict[str, Any]:
        """What log lines say of it."""
        known = {name: getattr(self.about, name) for name in Subject.__dataclass_fields__}
        return {
            "stage": self.stage,
            **self.named,
            **{name: value for name, value in known.items() if value is not None},
        }


Record = Annotated[RecordContext, Context("record")]
"""The annotation of a handler's parameter that takes the context of its record."""

_CURRENT: ContextVar[RecordContext | None] = ContextVar("rushes_record", default=None)


def enter(record: RecordContext | None) -> None:
    """Have log lines of this task name the record from here on; None: no record."""
    _CURRENT.set(record)


def add_record(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A structlog processor: the line with what is known of the task's record. Fields of the line itself win."""
    record = _CURRENT.get()
    return event if record is None else {**record.log_fields(), **event}
