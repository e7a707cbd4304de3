"""The client that blocks."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from rushes_client import calls, steps, uploads
from rushes_client.answers import (
    Accepted,
    Answer,
    Deletion,
    Moment,
    Readiness,
    ScenesAnswer,
    SearchAnswer,
    Transcript,
    TranscriptMatches,
    Video,
    VideoDetail,
)
from rushes_client.calls import NOTHING, Call, Said
from rushes_client.connection import RETRIES, TIMEOUT, data_of, is_loopback, key_header
from rushes_client.errors import NotRushes, Unreachable
from rushes_client.steps import Outcome, Steps

T = TypeVar("T")
A = TypeVar("A", bound=Answer)


class Client:
    """A connection to an instance; nothing connects before the first call.

    Methods raise Unreachable, NotRushes, and Refused (NotFound, Unavailable) with the instance's own sentence. What may
    be asked twice is asked again, `retries` times, after a transport error or where the instance can't for now.
    """

    def __init__(self, url: str, key: str | None = None, *, retries: int = RETRIES) -> None:
        """`key` is an API key, where the instance wants one."""
        self.url = url.rstrip("/")
        self.retries = retries
        self._http = httpx.Client(timeout=TIMEOUT, headers=key_header(key), trust_env=not is_loopback(url))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def upload(self, path: Path, said: Said = NOTHING, sent: Callable[[int], None] = lambda _: None) -> Accepted:
        """Send a file; a large one in pieces, each again where that is needed. `sent` is told how many bytes each had.
        Raises OSError if it can't be read."""
        return self._take(uploads.upload(path, said, sent, self.url, self.retries))

    def upload_from_uri(self, uri: str, said: Said = NOTHING) -> Accepted:
        """Have the instance fetch a video."""
        return self.ask(calls.from_uri(uri, said))

    def video(self, video_id: str) -> VideoDetail:
        """One video with its ledger."""
        return self.ask(calls.video(video_id))

    def videos(self, *, uri: str | None = None, status: str | None = None) -> Iterator[Video]:
        """Videos, page by page: all, or those that were published as a URI, or that stand so."""
        cursor: str | None = None
        while True:
            page = self.ask(calls.videos(cursor, uri, status))
            yield from page.videos
            if (cursor := page.next_cursor) is None:
                return

    def video_of(self, uri: str) -> Video | None:
        """The video that was published under this URI, `provisional` until it is fetched; None where there is none."""
        return calls.latest(self.videos(uri=uri))

    def scenes(self, video_id: str) -> ScenesAnswer:
        """A video's scenes, in order of time."""
        return self.ask(calls.scenes(video_id))

    def search(
        self,
        words: str = "",
        *,
        wish: calls.Wish = calls.ANYTHING,
        limit: int = 20,
        image: Path | None = None,
    ) -> SearchAnswer:
        """Moments, best first. Raises OSError if the image can't be read."""
        picture = (image.name, image.read_bytes()) if image else None
        return self.ask(calls.search(words, wish, limit, picture))

    def similar(self, scene_id: str, *, limit: int = 20) -> SearchAnswer:
        """Moments that are like a scene, best first."""
        return self.ask(calls.similar(scene_id, limit))

    def thumbnail(self, moment: Moment) -> bytes | None:
        """The picture of a moment that was found, a JPEG; None: it has none."""
        call = calls.thumbnail(moment)
        return self._take(steps.answered(call, self.url, self.retries)).content if call else None

    def words(self, video_id: str) -> Transcript:
        """What is said in a video, word by word."""
        return self.ask(calls.transcript(video_id))

    def transcript(self, video_id: str, format: str = "text") -> str:
        """What is said in a video, as the instance writes it: `text`, `vtt`, `srt`, `json`."""
        call = calls.written(video_id, format)
        return self._take(steps.answered(call, self.url, self.retries)).text

    def said(self, video_id: str, words: str, *, limit: int = 20) -> TranscriptMatches:
        """Where words are said in one video, in order of time."""
        return self.ask(calls.said(video_id, words, limit))

    def events(self, video_id: str, *, since: int | None = None) -> Iterator[VideoDetail]:
        """The video now, and again whenever its record changes, until nothing is left to do.

        `since`: an upload's `accepted_at`. What was settled before does not count then, and a video that the catalog
        has not heard of yet is waited for. A stream that breaks off is taken up again.
        """
        failures = 0
        while True:
            try:
                for video in self._stream(calls.events(video_id, since)):
                    failures = 0
                    yield video
                return
            except Unreachable:
                if failures == self.retries:
                    raise
                time.sleep(steps.FIRST_WAIT_S * 2**failures)
                failures += 1

    def edit(self, video_id: str, patch: Mapping[str, Any]) -> Accepted:
        """Correct what is said of a video; None forgets it."""
        return self.ask(calls.edit(video_id, patch))

    def delete(self, video_id: str) -> Deletion:
        """Have a video forgotten everywhere."""
        return self.ask(calls.delete(video_id))

    def deletion(self, video_id: str) -> Deletion:
        """How far that is."""
        return self.ask(calls.deletion(video_id))

    def readiness(self) -> Readiness:
        """What the instance says of itself, whether it is well or not. Asked once."""
        outcome = self._once(calls.readiness())
        response = outcome if isinstance(outcome, httpx.Response) else steps.well(outcome, self.url)
        return steps.read(Readiness, response, self.url)

    def ask(self, call: Call[A]) -> A:
        """Send a call and read its answer."""
        return self._take(steps.asked(call, self.url, self.retries))

    def _stream(self, call: Call[Any]) -> Iterator[VideoDetail]:
        try:
            with self._http.stream(call.method, self.url + call.path, **call.request) as response:
                if not response.is_success:
                    response.read()
                    raise steps.refusal(response, self.url)
                yield from data_of(response.iter_lines())
        except httpx.TransportError as error:
            raise Unreachable(self.url) from error

    def _take(self, steps: Steps[T]) -> T:
        outcome: Outcome | None = None
        try:
            while True:
                step = steps.send(outcome)
                if isinstance(step, Call):
                    outcome = self._once(step)
                else:
                    time.sleep(step)
                    outcome = None
        except StopIteration as done:
            result: T = done.value
            return result

    def _once(self, call: Call[Any]) -> Outcome:
        try:
            return self._http.request(call.method, self.url + call.path, **call.request)
        except httpx.InvalidURL as error:
            raise NotRushes(self.url, str(error)) from error
        except httpx.TransportError as error:
            return error
