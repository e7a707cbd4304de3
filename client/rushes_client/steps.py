"""Sending a call, again where that is safe, as steps that a client takes. Pure: a client that blocks and one that does
not take the same steps."""

import itertools
import json
import random
from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

import httpx
from pydantic import ValidationError

from rushes_client.answers import Answer
from rushes_client.calls import Call
from rushes_client.errors import NotFound, NotRushes, Refused, Unavailable, Unreachable

FIRST_WAIT_S = 0.25
"""Upper bound of the first wait; it doubles with each, and the wait is random below it."""
LONGEST_WAIT_S = 10.0
"""Where the instance asks for more, the client gives up rather than keep its caller waiting."""
PASSING = frozenset({429, 502, 503, 504})
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors after which the instance can't have got anything."""

T = TypeVar("T")
A = TypeVar("A", bound=Answer)

Outcome: TypeAlias = httpx.Response | httpx.TransportError
Steps: TypeAlias = Generator[Call[Any] | float, Outcome | None, T]
"""Yields a call to be sent once, whose outcome it is to be given, or seconds to be waited. Returns the result."""


def answered(call: Call[Any], url: str, retries: int) -> Steps[httpx.Response]:
    """A call's good answer. Raises ClientError."""
    for attempt in itertools.count():
        outcome = yield call
        assert outcome is not None
        wait_s = wait_before_next(call, outcome, attempt) if attempt < retries else None
        if wait_s is None:
            return well(outcome, url)
        yield wait_s
    raise AssertionError("unreachable")


def asked(call: Call[A], url: str, retries: int) -> Steps[A]:
    """The same, read."""
    return read(call.kind, (yield from answered(call, url, retries)), url)


def wait_before_next(call: Call[Any], outcome: Outcome, attempt: int) -> float | None:
    """Seconds after which the call may be sent again; None: never."""
    bound_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt)
    if isinstance(outcome, httpx.TransportError):
        return random.uniform(0, bound_s) if call.safe or isinstance(outcome, UNSENT) else None  # noqa: S311
    if outcome.status_code not in PASSING or not call.safe:
        return None
    told = outcome.headers.get("retry-after", "")
    wait_s = float(told) if told.isdigit() else random.uniform(0, bound_s)  # noqa: S311
    return wait_s if wait_s <= LONGEST_WAIT_S else None


def well(outcome: Outcome, url: str) -> httpx.Response:
    """The answer, if it is a good one. Raises ClientError."""
    if isinstance(outcome, httpx.UnsupportedProtocol):
        raise NotRushes(url, str(outcome)) from outcome
    if isinstance(outcome, httpx.TransportError):
        raise Unreachable(url) from outcome
    if outcome.is_success:
        return outcome
    raise refusal(outcome, url)


def read(kind: type[A], response: httpx.Response, url: str) -> A:
    """An answer's content. Raises NotRushes."""
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise NotRushes(url, _told(response)) from error


def refusal(response: httpx.Response, url: str) -> Refused | NotRushes:
    """What an answer that is no good one means. Its content has been read."""
    try:
        problem = json.loads(response.content)
        detail = str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return NotRushes(url, _told(response))
    kinds: dict[int, type[Refused]] = {404: NotFound, 503: Unavailable}
    return kinds.get(response.status_code, Refused)(detail, response.status_code, problem.get("reason"))


def _told(response: httpx.Response) -> str:
    return f"it answers {response.status_code} to {response.request.url.path}"
