"""The client as the command uses it: with the calls that only the operator of an instance makes."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import httpx

import rushes_client
from rushes_client.errors import Unreachable
from rushes_client.transport import CountedFile, part, refusal
from rushes_schemas.api import DeadLetter, DeadLetters, DecidedDeadLetters, Imported, ReindexStatus, Replayed

DEFAULT_URL = "http://127.0.0.1:8080"
ARCHIVE_TIMEOUT = httpx.Timeout(60, connect=5, read=1800)
"""An archive is answered after all of it is stored."""
SETTLE_TIMEOUT = httpx.Timeout(600, connect=5)
"""Each of many dead letters is given back and marked, one after the other; each of many segments is published."""


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

    def reindex(self) -> ReindexStatus:
        """How far a reindex is."""
        return self.ask(ReindexStatus, "GET", "/v1/reindex")

    def begin_reindex(self, image_text: str | None, text: str | None) -> ReindexStatus:
        """Begin one, or go on with it."""
        models = {"image_text": image_text, "text": text}
        return self.ask(ReindexStatus, "POST", "/v1/reindex", safe=False, json=models, timeout=SETTLE_TIMEOUT)

    def roll_back(self) -> ReindexStatus:
        """Have the collection before searched again."""
        return self.ask(ReindexStatus, "POST", "/v1/reindex/rollback", safe=False)

    def drop_old(self) -> ReindexStatus:
        """Remove the collections that are not searched."""
        return self.ask(ReindexStatus, "DELETE", "/v1/reindex/old")

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

    def settle_dead_letters(
        self, action: Literal["replay", "discard"], chosen: Mapping[str, Any]
    ) -> DecidedDeadLetters:
        """Replay or discard the dead letters that pass the filters."""
        return self.ask(
            DecidedDeadLetters, "POST", f"/v1/dead-letters/{action}", safe=False, json=chosen, timeout=SETTLE_TIMEOUT
        )
