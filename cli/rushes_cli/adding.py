"""Sending videos to an instance, waiting until they are settled, and reporting what became of each.

`rushes add`, `rushes import`, `rushes edit` and the demo share this.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import typer

from rushes_cli.client import Client, instance_key
from rushes_cli.console import complain, say, say_json
from rushes_cli.inputs import Bad, Input
from rushes_cli.progress import Uploading, Waiting, why_not
from rushes_cli.render.words import accepted_line, settled_line
from rushes_client import AsyncClient
from rushes_client.errors import NotFound, Refused, Unavailable
from rushes_client.options import Said
from rushes_schemas.api import Accepted, VideoDetail


@dataclass(frozen=True)
class Outcome:
    """What became of an input: `accepted`, `refused`, or a settled video's status."""

    input: str
    status: str
    accepted: Accepted | None = None
    reason: str | None = None
    video: VideoDetail | None = None

    @property
    def is_failure(self) -> bool:
        """Whether the command fails because of it."""
        return self.status in ("refused", "failed")

    @property
    def video_id(self) -> str | None:
        """The video's id, as soon as it is known."""
        return self.video.video_id if self.video else self.accepted.video_id if self.accepted else None

    def as_json(self) -> dict[str, Any]:
        """The outcome for machines."""
        return {
            "input": self.input,
            "status": self.status,
            "reason": self.reason,
            "video_id": self.video_id,
            "status_url": self.accepted.status_url if self.accepted else None,
        }


AT_ONCE = 16
"""Videos that are listened to at the same time. They are worked on roughly in the order in which they were added."""
POLL_S = 0.5
"""How often it is looked for what no stream tells of: whether a URI is fetched, or a deletion is done."""

Show = Callable[[Sequence[VideoDetail | None]], None]


def pause() -> None:
    """Between two looks."""
    time.sleep(POLL_S)


async def watch(
    client: AsyncClient, accepted: Sequence[tuple[str, Accepted]], show: Show = lambda _: None
) -> list[VideoDetail | None]:
    """How each video stands once all are settled; None for one that was deleted before. `show` is told all of them at
    each piece of news, None where there was none yet.

    `accepted` are the inputs and what was answered to them. Raises ClientError; that something behind the instance is
    down for a while only means that there is no news.
    """
    watched = _Watched(client, len(accepted), show)
    show(watched.known)
    try:
        async with asyncio.TaskGroup() as group:
            for place, (name, answer) in enumerate(accepted):
                group.create_task(watched.follow(place, name, answer))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the others were cancelled because of it
    return watched.known


class _Watched:
    """How the videos stand, as far as is known."""

    def __init__(self, client: AsyncClient, count: int, show: Show) -> None:
        self.known: list[VideoDetail | None] = [None] * count
        self._client = client
        self._show = show
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def follow(self, place: int, name: str, answer: Accepted) -> None:
        """Wait until one is settled."""
        async with self._slots:
            video_id = answer.video_id or await self._fetched(name, answer, place)
            while video_id is not None and not await self._listened(video_id, answer, place):  # noqa: ASYNC110
                await asyncio.sleep(POLL_S)  # the event is on another machine

    async def _listened(self, video_id: str, answer: Accepted, place: int) -> bool:
        try:
            async for video in self._client.events(video_id, since=answer.accepted_at):
                self._tell(place, video)
        except Unavailable:
            return False
        return True

    async def _fetched(self, uri: str, answer: Accepted, place: int) -> str | None:
        """Wait until a URI has become a video; its id, or None where it never will, or was deleted before."""
        was_listed = False
        while True:
            found = await self._videos_of(uri)
            for video in found or ():
                if not video.provisional and video.ingest and video.ingest.at >= answer.accepted_at:
                    return video.video_id
            waiting = next((video for video in found or () if video.provisional), None)
            if waiting is not None:
                was_listed = True
                self._tell(place, waiting)
            if waiting is not None and waiting.is_settled_since(answer.accepted_at):
                return None
            if found is not None and waiting is None and was_listed:
                self._tell(place, None)
                return None
            await asyncio.sleep(POLL_S)

    async def _videos_of(self, uri: str) -> list[VideoDetail] | None:
        """What was published as a URI; None: no news."""
        try:
            return [await self._client.video(video.video_id) async for video in self._client.videos(uri=uri)]
        except (NotFound, Unavailable):
            return None

    def _tell(self, place: int, video: VideoDetail | None) -> None:
        self.known[place] = video
        self._show(self.known)


def send(client: Client, inputs: Iterable[tuple[Input | Bad, Said]]) -> Iterator[Outcome]:
    """Send everything, in order, with a progress bar. A refusal is told at once, and the rest goes on.

    Raises Unreachable and NotRushes: the rest would fare no better.
    """
    with Uploading() as uploading:
        for input, described in inputs:
            yield _sent(client, input, described, uploading)


def wait_for(client: Client, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Wait until every accepted video is settled, with progress bars; the same outcomes with what became of them."""
    waiting = [(outcome.input, outcome.accepted) for outcome in outcomes if outcome.accepted]
    videos: list[VideoDetail | None] = []
    if waiting:
        with Waiting([name for name, _ in waiting]) as bars:
            videos = asyncio.run(_watched(client.url, waiting, bars.show))
    settled = iter(videos)
    return [_settled(outcome, next(settled)) if outcome.accepted else outcome for outcome in outcomes]


async def _watched(url: str, waiting: Sequence[tuple[str, Accepted]], show: Show) -> list[VideoDetail | None]:
    async with AsyncClient(url, instance_key()) as client:
        return await watch(client, waiting, show)


def report_and_exit(client: Client, outcomes: list[Outcome], *, wait: bool, as_json: bool) -> None:
    """Wait where that is asked, print what became of each, and exit with 1 where one of them failed."""
    outcomes = wait_for(client, outcomes) if wait else outcomes
    report(outcomes, as_json)
    if any(outcome.is_failure for outcome in outcomes):
        raise typer.Exit(1)


def report(outcomes: Sequence[Outcome], as_json: bool) -> None:
    """Print what became of what was added; failures were told on stderr already."""
    if as_json:
        say_json([outcome.as_json() for outcome in outcomes])
        return
    for outcome in outcomes:
        if outcome.video and not outcome.is_failure:
            say(settled_line(outcome.input, outcome.video, outcome.reason))
        elif outcome.status == "accepted":
            say(accepted_line(outcome.input, outcome.video_id))


def _sent(client: Client, input: Input | Bad, described: Said, uploading: Uploading) -> Outcome:
    if isinstance(input, Bad):
        return _refused(input.name, input.reason)
    try:
        if input.path is None:
            return Outcome(input.name, "accepted", client.upload_from_uri(input.name, described))
        with uploading.file(input.path) as sent:
            return Outcome(input.name, "accepted", client.upload(input.path, described, sent))
    except Refused as refusal:
        return _refused(input.name, str(refusal))
    except OSError as error:
        return _refused(input.name, f"the file can't be read: {error.strerror}")


def _refused(name: str, reason: str) -> Outcome:
    complain(f"{name}: {reason}")
    return Outcome(name, "refused", reason=reason)


def _settled(outcome: Outcome, video: VideoDetail | None) -> Outcome:
    if video is None:
        return _refused(outcome.input, "it was deleted before it was indexed")
    settled = replace(outcome, status=video.status, reason=why_not(video), video=video)
    if settled.is_failure:
        reason = settled.reason or "no stage said why"
        complain(f"{outcome.input}: failed: {reason} (see `rushes status {video.video_id}`)")
    return settled
