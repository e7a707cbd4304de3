"""The client as the command uses it: the calls that only the operator of an instance makes, and their answers."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx

import rushes_client
from rushes_client.answers import Accepted, Answer
from rushes_client.errors import Unreachable
from rushes_client.transport import CountedFile, part, refusal

# ruff: noqa: RUF012  # pydantic copies defaults


class DeadLetter(Answer):
    """A record that a service gave up. `value` is base64 where `is_base64`; `at` is in ms since the Unix epoch."""

    id: str
    service: str
    reason: str
    error: str
    attempts: int
    at: int
    video_id: str | None = None
    segment: int | None = None
    recipe: str | None = None
    origin: str
    first_error: str
    stack: str
    key: str | None = None
    headers: dict[str, str] = {}
    value: str
    is_base64: bool = False


class DeadLetters(Answer):
    """The dead letters that are open, oldest first, and how many there are in all."""

    total: int
    dead_letters: list[DeadLetter]


class Settled(Answer):
    """How many dead letters were replayed or discarded, and which."""

    count: int
    ids: list[str]


class Imported(Answer):
    """The videos that an archive held."""

    videos: list[Accepted]


class MadeWith(Answer):
    """The models of a collection."""

    image_text: str
    text: str


class Collection(Answer):
    """A collection of scenes."""

    name: str
    searched: bool
    points: int
    made_with: MadeWith | None = None


class Reindex(Answer):
    """How far a reindex is, and which collections there are."""

    status: str
    collection: str | None = None
    done: int = 0
    total: int = 0
    reason: str | None = None
    collections: list[Collection] = []


class Replayed(Answer):
    """What was published once more, and which videos could not be."""

    videos: int
    events: int
    left_out: list[str] = []


DEFAULT_URL = "http://127.0.0.1:8080"
ARCHIVE_TIMEOUT = httpx.Timeout(60, connect=5, read=1800)
"""An archive is answered after all of it is stored."""
SETTLE_TIMEOUT = httpx.Timeout(600, connect=5)
"""Each of many dead letters is given back and marked, one after the other; each of many segments is published."""

A = TypeVar("A", bound=Answer)


def instance_url() -> str:
    """Where the instance is: RUSHES_URL, or the port of `rushes up` on this machine."""
    return (os.environ.get("RUSHES_URL") or DEFAULT_URL).rstrip("/")


def instance_key() -> str | None:
    """The API key to show there: RUSHES_KEY."""
    return os.environ.get("RUSHES_KEY") or None


class Client(rushes_client.Client):
    """A connection to an instance; nothing connects before the first call."""

    def __init__(self, url: str) -> None:
        super().__init__(url, instance_key())

    def export(self, video_ids: Sequence[str], *, with_source: bool) -> Iterator[bytes]:
        """A tar archive of these videos, or of all, piece by piece. Raises Unreachable too where it is cut short."""
        asked = {"video_id": list(video_ids), "source": str(with_source).lower()}
        try:
            with self._http.stream("GET", f"{self.url}/v1/archive", params=asked) as response:
                if not response.is_success:
                    response.read()
                    raise refusal(response, self.url)
                yield from response.iter_bytes()
        except httpx.TransportError as error:
            raise Unreachable(self.url) from error

    def import_archive(self, path: Path, sent: Callable[[int], None] = lambda _: None) -> Imported:
        """Send an archive, piece by piece. Raises OSError if it can't be read."""
        with CountedFile(path, sent) as file:
            return self.ask(Imported, "POST", "/v1/uploads/archive", safe=False, content=file, timeout=ARCHIVE_TIMEOUT)

    def reindex(self) -> Reindex:
        """How far a reindex is."""
        return self.ask(Reindex, "GET", "/v1/reindex")

    def begin_reindex(self, image_text: str | None, text: str | None) -> Reindex:
        """Begin one, or go on with it."""
        models = {"image_text": image_text, "text": text}
        return self.ask(Reindex, "POST", "/v1/reindex", safe=False, json=models, timeout=SETTLE_TIMEOUT)

    def roll_back(self) -> Reindex:
        """Have the collection before searched again."""
        return self.ask(Reindex, "POST", "/v1/reindex/rollback", safe=False)

    def drop_old(self) -> Reindex:
        """Remove the collections that are not searched."""
        return self.ask(Reindex, "DELETE", "/v1/reindex/old")

    def replay(self, stage: str, video_ids: Sequence[str] | None) -> Replayed:
        """Have videos (None: all) go once more through the stages from this one on."""
        wanted = {"stage": stage, "video_ids": None if video_ids is None else list(video_ids)}
        return self.ask(Replayed, "POST", "/v1/reindex/replay", safe=False, json=wanted, timeout=SETTLE_TIMEOUT)

    def dead_letters(self, chosen: Mapping[str, Any]) -> DeadLetters:
        """The open dead letters that pass the filters, oldest first, up to a limit."""
        return self.ask(DeadLetters, "GET", "/v1/dead-letters", params=chosen)

    def dead_letter(self, id: str) -> DeadLetter:
        """One dead letter."""
        return self.ask(DeadLetter, "GET", f"/v1/dead-letters/{part(id)}")

    def settle_dead_letters(self, action: Literal["replay", "discard"], chosen: Mapping[str, Any]) -> Settled:
        """Replay or discard the dead letters that pass the filters."""
        return self.ask(Settled, "POST", f"/v1/dead-letters/{action}", safe=False, json=chosen, timeout=SETTLE_TIMEOUT)
