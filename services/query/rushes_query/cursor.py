"""Where a page of an answer ends. Pure.

A page's cursor says what the question was, when the first page was made, and after which scene the next one begins.
Later pages leave out what was indexed since then, so what arrives in between moves nothing; and what was deleted does
not either, since the place is found by the scene and not by counting.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from rushes_query.ask import Milliseconds, Wish
from rushes_query.moments import FoundMoment
from rushes_runtime.errors import InvalidError

PAGING = {"cursor", "limit"}
"""What may differ between the pages of one answer."""


class Cursor(BaseModel):
    """`as_of`: when the first page was made, milliseconds since the Unix epoch."""

    question: str
    as_of: Milliseconds
    shown: Annotated[int, Field(ge=0, le=1_000_000)]
    last: str
    """The first scene of the last moment that was shown."""


@dataclass(frozen=True)
class Paging:
    """How far the one who asks is. `as_of` is None on the first page."""

    question: str
    as_of: int | None
    now: int
    shown: int = 0
    last: str | None = None

    def rest(self, found: Sequence[FoundMoment]) -> Sequence[FoundMoment]:
        """What was not shown yet."""
        places = (place for place, moment in enumerate(found, start=1) if self.last in moment.ids)
        return found[next(places, self.shown) :] if self.last else found

    def next_cursor(self, page: Sequence[FoundMoment], rest: Sequence[FoundMoment]) -> str | None:
        """The cursor after this page, which is the beginning of `rest`; None: there is no more."""
        if len(page) == len(rest):
            return None
        as_of = self.now if self.as_of is None else self.as_of
        last = page[-1].scenes[0].id
        return _written(Cursor(question=self.question, as_of=as_of, shown=self.shown + len(page), last=last))


def paging(wish: Wish, now: int, more: bytes) -> Paging:
    """Where to go on. `more` is what is asked for besides the wish's fields. Raises InvalidError for a cursor that is
    none, or that is of another question."""
    question = _digest(wish.model_dump_json(exclude=PAGING | {"image"}).encode(), more)
    if wish.cursor is None:
        return Paging(question, None, now)
    cursor = _read(wish.cursor)
    if cursor is None or cursor.question != question:
        raise InvalidError(
            "bad_cursor", "The cursor is no `next_cursor` of this very question; ask without it for the first page."
        )
    return Paging(question, cursor.as_of, now, cursor.shown, cursor.last)


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _written(cursor: Cursor) -> str:
    return urlsafe_b64encode(cursor.model_dump_json().encode()).decode().rstrip("=")


def _read(text: str) -> Cursor | None:
    try:
        return Cursor.model_validate_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValidationError, ValueError):
        return None
