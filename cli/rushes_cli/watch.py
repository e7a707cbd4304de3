"""Waiting for videos by asking for them, round after round."""

import time
from collections.abc import Callable, Iterator, Sequence

from rushes_cli.answers import Accepted, VideoDetail
from rushes_cli.client import Client
from rushes_cli.errors import NotFound, Unavailable

POLL_S = 0.5


def pause() -> None:
    """Between two rounds."""
    time.sleep(POLL_S)


def watch(
    client: Client, accepted: Sequence[tuple[str, Accepted]], pause: Callable[[], None] = pause
) -> Iterator[list[VideoDetail | None]]:
    """How each video stands, after every round, until all are settled. None: the catalog does not know of it yet.

    `accepted` are the inputs and what was answered to them. Raises Unreachable and Refused as the client does; that
    something behind the instance is down for a while only means that there is no news.
    """
    known: list[VideoDetail | None] = [None for _ in accepted]
    while True:
        for place, (name, answer) in enumerate(accepted):
            before = known[place]
            if before is None or not before.is_settled_since(answer.accepted_at):
                known[place] = _looked_up(client, name, answer) or before
        yield list(known)
        if all(
            video is not None and video.is_settled_since(answer.accepted_at)
            for video, (_, answer) in zip(known, accepted, strict=True)
        ):
            return
        pause()


def _looked_up(client: Client, name: str, accepted: Accepted) -> VideoDetail | None:
    try:
        if accepted.video_id is not None:
            return client.video(accepted.video_id)
        found = client.video_of(name)
        return client.video(found.video_id) if found else None
    except (NotFound, Unavailable):
        return None
