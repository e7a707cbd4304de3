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
"""How often it is looked for what no stream tells of: whether the catalog has heard of a URI, or a deletion is done."""

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
    known: list[VideoDetail | None] = [None for _ in accepted]
    slots = asyncio.Semaphore(AT_ONCE)

    async def follow(place: int, name: str, answer: Accepted) -> None:
        async with slots:
            video_id = answer.video_id or await _fetched(name, answer, place)
            while video_id is not None and not await _listened(video_id, answer, place):  # noqa: ASYNC110  # the event is on another machine
                await asyncio.sleep(POLL_S)

    async def _listened(video_id: str, answer: Accepted, place: int) -> bool:
        try:
            async for video in client.events(video_id, since=answer.accepted_at):
                known[place] = video
                show(known)
        except Unavailable:
            return False
        return True

    async def _fetched(uri: str, answer: Accepted, place: int) -> str | None:
        """Wait until the bytes of a URI are a video; its id, or None where they never will be one."""
        was_listed = False
        while True:
            try:
                found = [await client.video(video.video_id) async for video in client.videos(uri=uri)]
            except (NotFound, Unavailable):
                found = None  # no news
            for video in found or ():
                if video.provisional:
                    known[place], was_listed = video, True
                    show(known)
                elif video.ingest is not None and video.ingest.at >= answer.accepted_at:
                    return video.video_id
            if (latest := known[place]) and latest.is_settled_since(answer.accepted_at):
                return None
            if found == [] and was_listed:
                known[place] = None  # deleted
                return None
            await asyncio.sleep(POLL_S)

    show(known)
    try:
        async with asyncio.TaskGroup() as group:
            for place, (name, answer) in enumerate(accepted):
                group.create_task(follow(place, name, answer))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the others were cancelled because of it
    return known
