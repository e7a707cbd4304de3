"""Waiting for videos by listening to how they are getting on."""

import asyncio
import time
from collections.abc import Callable, Sequence

from rushes_client import AsyncClient
from rushes_client.answers import Accepted, VideoDetail
from rushes_client.errors import NotFound, Unavailable

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
