"""What both clients share: headers, which requests are retried and when, and how answers are read. Pure."""

import io
import json
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from rushes_client.errors import NotFound, NotRushes, Refused, Unavailable, Unreachable
from rushes_schemas.api import Answer, Video, VideoDetail

TIMEOUT = httpx.Timeout(60, connect=5)
RETRIES = 2
FIRST_WAIT_S = 0.25
"""Upper bound of the first wait. It doubles with each retry, and the wait is random below it, so that many clients do
not come back at the same moment."""
LONGEST_WAIT_S = 10.0
"""Where the instance asks for a longer wait, the client raises instead, so that its caller decides."""
PASSING = frozenset({429, 502, 503, 504})
"""Statuses that may be gone a moment later."""
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors after which the instance can't have received anything."""
DATA = "data: "

A = TypeVar("A", bound=Answer)
Outcome: TypeAlias = httpx.Response | httpx.TransportError


class CountedFile(io.BufferedReader):
    """A file open for reading, in bytes. It calls `read_bytes` with the size of every piece. Raises OSError."""

    def __init__(self, path: Path, read_bytes: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path))
        self._read_bytes = read_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, as of any file."""
        piece = super().read(size)
        self._read_bytes(len(piece))
        return piece


def key_header(key: str | None) -> dict[str, str]:
    """The header that carries an API key."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def is_loopback(url: str) -> bool:
    """Whether the instance is on this machine. A proxy that the environment names could not reach it there."""
    try:
        return httpx.URL(url).host in {"localhost", "127.0.0.1", "::1"}
    except httpx.InvalidURL:
        return False


def part(id: str) -> str:
    """An id that a person typed, as one part of a path."""
    return quote(id, safe="")


def wait_before_retry(outcome: Outcome, attempt: int, *, safe: bool) -> float | None:
    """Seconds after which the request may be sent again; None: never. `safe`: sending it twice does no more than once.

    Back-off with full jitter.
    """
    bound_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt)
    if isinstance(outcome, httpx.TransportError):
        return random.uniform(0, bound_s) if safe or isinstance(outcome, UNSENT) else None  # noqa: S311
    if outcome.status_code not in PASSING or not safe:
        return None
    retry_after = outcome.headers.get("retry-after", "")
    wait_s = float(retry_after) if retry_after.isdigit() else random.uniform(0, bound_s)  # noqa: S311
    return wait_s if wait_s <= LONGEST_WAIT_S else None


def checked(outcome: Outcome, url: str) -> httpx.Response:
    """The response, if it is a success. Raises ClientError."""
    if isinstance(outcome, httpx.UnsupportedProtocol):
        raise NotRushes(url, str(outcome)) from outcome
    if isinstance(outcome, httpx.TransportError):
        raise Unreachable(url) from outcome
    if outcome.is_success:
        return outcome
    raise refusal(outcome, url)


def parsed(kind: type[A], response: httpx.Response, url: str) -> A:
    """The content of a response. Raises NotRushes."""
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise NotRushes(url, _described(response)) from error


def refusal(response: httpx.Response, url: str) -> Refused | NotRushes:
    """The error that a response without success stands for. Its content must have been read."""
    try:
        problem = json.loads(response.content)
        detail = str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return NotRushes(url, _described(response))
    kinds: dict[int, type[Refused]] = {404: NotFound, 503: Unavailable}
    return kinds.get(response.status_code, Refused)(detail, response.status_code, problem.get("reason"))


def videos_of(line: str) -> Iterator[VideoDetail]:
    """The video that a line of an event stream carries; nothing for any other line."""
    if line.startswith(DATA):
        yield VideoDetail.model_validate_json(line.removeprefix(DATA))


def latest(videos: Iterable[Video]) -> Video | None:
    """Of the videos that were published as one URI, the one whose bytes it names now: what is being fetched, or came
    last."""
    return max(videos, key=lambda video: (video.provisional, video.updated_at), default=None)


def given(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters that are set."""
    return {name: value for name, value in params.items() if value}


def _described(response: httpx.Response) -> str:
    return f"it answers {response.status_code} to {response.request.url.path}"
