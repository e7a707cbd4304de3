"""All that the command says to a running instance, over HTTP. Nothing is sent twice."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from rushes_cli.answers import (
    Accepted,
    Answer,
    DeadLetter,
    DeadLetters,
    Deletion,
    Readiness,
    SearchAnswer,
    Settled,
    Video,
    VideoDetail,
    VideosPage,
)
from rushes_cli.counted import CountedFile
from rushes_cli.described import Described
from rushes_cli.errors import NotFound, NotRushes, Refused, Unavailable, Unreachable

DEFAULT_URL = "http://127.0.0.1:8080"
TIMEOUT = httpx.Timeout(60, connect=5)
UPLOAD_TIMEOUT = httpx.Timeout(60, connect=5, read=1800)
"""An upload is answered after the instance has looked into the file."""
SETTLE_TIMEOUT = httpx.Timeout(600, connect=5)
"""Each of many dead letters is given back and marked, one after the other."""
PAGE = 100

A = TypeVar("A", bound=Answer)


def instance_url() -> str:
    """Where the instance is: RUSHES_URL, or the port of `rushes up` on this machine."""
    return (os.environ.get("RUSHES_URL") or DEFAULT_URL).rstrip("/")


class Client:
    """A connection to an instance; nothing connects before the first call.

    Methods raise Unreachable, NotRushes, and Refused (NotFound, Unavailable) with the instance's own sentence. They
    block.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        # A proxy that the environment names can't see this machine's loopback.
        self._http = httpx.Client(timeout=TIMEOUT, trust_env=not _is_loopback(url))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def upload(self, path: Path, described: Described, sent: Callable[[int], None] = lambda _: None) -> Accepted:
        """Send a file, piece by piece; `sent` is told how many bytes each had. Raises OSError if it can't be read."""
        with CountedFile(path, sent) as file:
            return self._ask(
                Accepted,
                "POST",
                "/v1/uploads",
                files={"file": (path.name, file)},
                data=described.as_form(),
                timeout=UPLOAD_TIMEOUT,
            )

    def upload_from_uri(self, uri: str, described: Described) -> Accepted:
        """Have the instance fetch a video."""
        return self._ask(Accepted, "POST", "/v1/uploads/from-uri", json={"uri": uri} | described.as_json())

    def video(self, video_id: str) -> VideoDetail:
        """One video with its ledger."""
        return self._ask(VideoDetail, "GET", f"/v1/videos/{_segment(video_id)}")

    def videos(self) -> Iterator[Video]:
        """All videos, page by page."""
        query = {"limit": str(PAGE)}
        while True:
            page = self._ask(VideosPage, "GET", "/v1/videos", params=query)
            yield from page.videos
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    def video_of(self, uri: str) -> Video | None:
        """The video that was published under this URI, or None while the catalog knows of none."""
        page = self._ask(VideosPage, "GET", "/v1/videos", params={"uri": uri})
        return next((video for video in page.videos if video.uri == uri), None)

    def edit(self, video_id: str, patch: Mapping[str, Any]) -> Accepted:
        """Correct what is said of a video; None forgets it."""
        return self._ask(Accepted, "PATCH", f"/v1/videos/{_segment(video_id)}", json=dict(patch))

    def delete(self, video_id: str) -> Deletion:
        """Have a video forgotten everywhere."""
        return self._ask(Deletion, "DELETE", f"/v1/videos/{_segment(video_id)}")

    def deletion(self, video_id: str) -> Deletion:
        """How far that is."""
        return self._ask(Deletion, "GET", f"/v1/videos/{_segment(video_id)}/deletion")

    def search(
        self, words: str, *, videos: Sequence[str] = (), language: str | None = None, limit: int, image: Path | None
    ) -> SearchAnswer:
        """Moments, best first. Raises OSError if the image can't be read."""
        asked: dict[str, Any] = {"q": words, "limit": str(limit), "video_id": list(videos), "language": language}
        asked = {name: value for name, value in asked.items() if value}
        if image is None:
            return self._ask(SearchAnswer, "GET", "/v1/search", params=asked)
        with image.open("rb") as file:
            return self._ask(SearchAnswer, "POST", "/v1/search", data=asked, files={"image": (image.name, file)})

    def transcript(self, video_id: str, format: str) -> str:
        """What is said in a video, as the instance writes it in this format."""
        path = f"/v1/videos/{_segment(video_id)}/transcript"
        return self._well("GET", path, params={"format": format}).text

    def dead_letters(self, chosen: Mapping[str, Any]) -> DeadLetters:
        """The open dead letters that pass the filters, oldest first, up to a limit."""
        return self._ask(DeadLetters, "GET", "/v1/dead-letters", params=chosen)

    def dead_letter(self, id: str) -> DeadLetter:
        """One dead letter."""
        return self._ask(DeadLetter, "GET", f"/v1/dead-letters/{_segment(id)}")

    def settle_dead_letters(self, action: Literal["replay", "discard"], chosen: Mapping[str, Any]) -> Settled:
        """Replay or discard the dead letters that pass the filters."""
        return self._ask(Settled, "POST", f"/v1/dead-letters/{action}", json=chosen, timeout=SETTLE_TIMEOUT)

    def readiness(self) -> Readiness:
        """What the instance says of itself, whether it is well or not."""
        return self._read(Readiness, self._send("GET", "/readyz"))

    def _ask(self, kind: type[A], method: str, path: str, **request: Any) -> A:
        return self._read(kind, self._well(method, path, **request))

    def _well(self, method: str, path: str, **request: Any) -> httpx.Response:
        response = self._send(method, path, **request)
        if response.is_success:
            return response
        raise self._refusal(response)

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._http.request(method, self.url + path, **request)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise NotRushes(self.url, str(error)) from error
        except httpx.TransportError as error:
            raise Unreachable(self.url) from error

    def _read(self, kind: type[A], response: httpx.Response) -> A:
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise NotRushes(self.url, f"it answers {response.status_code} to {response.request.url.path}") from error

    def _refusal(self, response: httpx.Response) -> Refused | NotRushes:
        try:
            detail = json.loads(response.content)["detail"]
        except (ValueError, KeyError, TypeError):
            return NotRushes(self.url, f"it answers {response.status_code} to {response.request.url.path}")
        kinds: dict[int, type[Refused]] = {404: NotFound, 503: Unavailable}
        return kinds.get(response.status_code, Refused)(str(detail))


def _segment(video_id: str) -> str:
    """An id that a person typed, as one segment of a path."""
    return quote(video_id, safe="")


def _is_loopback(url: str) -> bool:
    try:
        return httpx.URL(url).host in {"localhost", "127.0.0.1", "::1"}
    except httpx.InvalidURL:
        return False
