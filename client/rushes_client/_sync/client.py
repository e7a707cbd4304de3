# Generated from rushes_client/_async/client.py by `make client`: change that file instead.
"""The client that blocks."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from rushes_client import transport
from rushes_client._sync import uploads
from rushes_client._sync.waiting import read_file, sleep
from rushes_client.errors import NotRushes, Unreachable
from rushes_client.options import ANYTHING, NOTHING, Said, Wish
from rushes_client.transport import Outcome, given, part
from rushes_schemas.api import (
    Accepted,
    Answer,
    Deletion,
    Moment,
    Readiness,
    ScenesPage,
    SearchResults,
    TranscriptMatches,
    Video,
    VideoDetail,
    VideosPage,
    VideoTranscript,
)

A = TypeVar("A", bound=Answer)
PAGE = 100
"""Videos that are asked for at a time."""


class Client:
    """A connection to an instance; nothing connects before the first call.

    Methods raise Unreachable, NotRushes, and Refused (NotFound, Unavailable) with the instance's own sentence. Requests
    that are safe to repeat are retried, `retries` times, after a transport error and where the instance answers that
    it can't for now.
    """

    def __init__(self, url: str, key: str | None = None, *, retries: int = transport.RETRIES) -> None:
        """`key` is an API key, where the instance wants one."""
        self.url = url.rstrip("/")
        self.retries = retries
        headers = transport.key_header(key)
        trust_env = not transport.is_loopback(url)
        self._http = httpx.Client(timeout=transport.TIMEOUT, headers=headers, trust_env=trust_env)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def upload(self, path: Path, said: Said = NOTHING, sent: Callable[[int], None] = lambda _: None) -> Accepted:
        """Send a file; a large one in pieces, each sent again where needed. `sent` is called with the number of bytes
        of each piece. Raises OSError if the file can't be read."""
        return uploads.upload(self, path, said, sent)

    def upload_from_uri(self, uri: str, said: Said = NOTHING) -> Accepted:
        """Have the instance fetch a video. The same video twice is one, so the request is retried."""
        return self.ask(Accepted, "POST", "/v1/uploads/from-uri", json={"uri": uri} | said.as_json())

    def video(self, video_id: str) -> VideoDetail:
        """One video with its ledger."""
        return self.ask(VideoDetail, "GET", f"/v1/videos/{part(video_id)}")

    def videos(self, *, uri: str | None = None, status: str | None = None) -> Iterator[Video]:
        """Videos, page by page: all, or those that were published as a URI, or that have a status."""
        cursor: str | None = None
        while True:
            params = given({"limit": str(PAGE), "cursor": cursor, "uri": uri, "status": status})
            page = self.ask(VideosPage, "GET", "/v1/videos", params=params)
            for video in page.videos:
                yield video
            if (cursor := page.next_cursor) is None:
                return

    def video_of(self, uri: str) -> Video | None:
        """The video that was published under this URI, `provisional` until it is fetched; None where there is none."""
        return transport.latest([video for video in self.videos(uri=uri)])

    def scenes(self, video_id: str) -> ScenesPage:
        """A video's scenes, in order of time."""
        return self.ask(ScenesPage, "GET", f"/v1/videos/{part(video_id)}/scenes")

    def search(
        self, words: str = "", *, wish: Wish = ANYTHING, limit: int = 20, image: Path | None = None
    ) -> SearchResults:
        """Moments, best first. Raises OSError if the image can't be read."""
        params = given({"q": words, "limit": str(limit)}) | wish.as_params()
        if image is None:
            return self.ask(SearchResults, "GET", "/v1/search", params=params)
        files = {"image": (image.name, read_file(image))}
        return self.ask(SearchResults, "POST", "/v1/search", data=params, files=files)

    def similar(self, scene_id: str, *, limit: int = 20) -> SearchResults:
        """Moments that look like a scene, best first."""
        params = {"limit": str(limit)}
        return self.ask(SearchResults, "GET", f"/v1/scenes/{part(scene_id)}/similar", params=params)

    def thumbnail(self, moment: Moment) -> bytes | None:
        """The picture of a moment, a JPEG; None where it has none."""
        return (self.send("GET", moment.thumbnail_url)).content if moment.thumbnail_url else None

    def words(self, video_id: str) -> VideoTranscript:
        """What is said in a video, word by word."""
        params = {"format": "json"}
        return self.ask(VideoTranscript, "GET", f"/v1/videos/{part(video_id)}/transcript", params=params)

    def transcript(self, video_id: str, format: str = "text") -> str:
        """What is said in a video, in a format of the instance's: `text`, `vtt`, `srt`, `json`."""
        response = self.send("GET", f"/v1/videos/{part(video_id)}/transcript", params={"format": format})
        return response.text

    def said(self, video_id: str, words: str, *, limit: int = 20) -> TranscriptMatches:
        """Where words are said in one video, in order of time."""
        params = given({"q": words, "limit": str(limit)})
        path = f"/v1/videos/{part(video_id)}/transcript/search"
        return self.ask(TranscriptMatches, "GET", path, params=params)

    def events(self, video_id: str, *, since: int | None = None) -> Iterator[VideoDetail]:
        """The video now, and again whenever its record changes, until no stage has anything left to do.

        `since`: an upload's `accepted_at`. What was settled before then does not count, and a video that the catalog
        does not know yet is waited for. The client reconnects when the stream breaks off.
        """
        params = {} if since is None else {"since": str(since)}
        failures = 0
        while True:
            try:
                for video in self._stream(f"/v1/videos/{part(video_id)}/events", params):
                    failures = 0
                    yield video
                return
            except Unreachable:
                if failures == self.retries:
                    raise
                sleep(transport.FIRST_WAIT_S * 2**failures)
                failures += 1

    def edit(self, video_id: str, patch: Mapping[str, Any]) -> Accepted:
        """Change the title, description, language or metadata of a video; None clears one."""
        return self.ask(Accepted, "PATCH", f"/v1/videos/{part(video_id)}", json=dict(patch))

    def delete(self, video_id: str) -> Deletion:
        """Delete a video everywhere."""
        return self.ask(Deletion, "DELETE", f"/v1/videos/{part(video_id)}")

    def deletion(self, video_id: str) -> Deletion:
        """How far the deletion of a video is."""
        return self.ask(Deletion, "GET", f"/v1/videos/{part(video_id)}/deletion")

    def readiness(self) -> Readiness:
        """The instance's own checks, whether they pass or not. Not retried."""
        outcome = self.send_once("GET", "/readyz", {})
        response = outcome if isinstance(outcome, httpx.Response) else transport.checked(outcome, self.url)
        return transport.parsed(Readiness, response, self.url)

    def ask(self, kind: type[A], method: str, path: str, *, safe: bool = True, **request: Any) -> A:
        """Send a request as `send` does, and parse its answer."""
        return transport.parsed(kind, self.send(method, path, safe=safe, **request), self.url)

    def send(
        self, method: str, path: str, *, safe: bool = True, retries: int | None = None, **request: Any
    ) -> httpx.Response:
        """Send a request, and again where that is safe and may help. Raises ClientError."""
        most = self.retries if retries is None else retries
        for attempt in itertools.count():
            outcome = self.send_once(method, path, request)
            wait_s = transport.wait_before_retry(outcome, attempt, safe=safe) if attempt < most else None
            if wait_s is None:
                return transport.checked(outcome, self.url)
            sleep(wait_s)
        raise AssertionError("unreachable")

    def send_once(self, method: str, path: str, request: Mapping[str, Any]) -> Outcome:
        """Send a request once; a transport error is returned. Raises NotRushes for a URL that is none."""
        try:
            return self._http.request(method, self.url + path, **request)
        except httpx.InvalidURL as error:
            raise NotRushes(self.url, str(error)) from error
        except httpx.TransportError as error:
            return error

    def _stream(self, path: str, params: Mapping[str, str]) -> Iterator[VideoDetail]:
        try:
            with self._http.stream("GET", self.url + path, params=params, timeout=transport.TIMEOUT) as response:
                if not response.is_success:
                    response.read()
                    raise transport.refusal(response, self.url)
                for line in response.iter_lines():
                    for video in transport.videos_of(line):
                        yield video
        except httpx.TransportError as error:
            raise Unreachable(self.url) from error
