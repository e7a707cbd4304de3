"""`rushes delete`: have videos forgotten, and wait for the proof."""

from collections.abc import Callable, Sequence

from rushes_cli.client import Client
from rushes_cli.plain import say, say_json
from rushes_cli.watch import pause
from rushes_client.answers import Deletion
from rushes_client.errors import Unavailable


def run(
    client: Client, video_ids: Sequence[str], *, wait: bool, as_json: bool, pause: Callable[[], None] = pause
) -> None:
    """Delete, and print what became of each. Raises what the client raises."""
    deletions = [client.delete(video_id) for video_id in video_ids]
    if wait:
        deletions = [_finished(client, deletion, pause) for deletion in deletions]
    if as_json:
        say_json([deletion.as_json() for deletion in deletions])
        return
    for deletion in deletions:
        for line in lines(deletion):
            say(line)


def lines(deletion: Deletion) -> list[str]:
    """What a person reads of a deletion. Pure."""
    there = {thing: count for thing, count in deletion.found.items() if count}
    if deletion.finished_at is None:
        return [f"{deletion.video_id}: is being deleted"]
    if not there:
        return [f"{deletion.video_id}: nothing was there"]
    stages = [f"  {thing:<8} {count:>6} removed, {deletion.left.get(thing, 0)} left" for thing, count in there.items()]
    return [f"{deletion.video_id}: deleted", *stages]


def _finished(client: Client, deletion: Deletion, pause: Callable[[], None]) -> Deletion:
    while deletion.finished_at is None:
        pause()
        try:
            deletion = client.deletion(deletion.video_id)
        except Unavailable:
            continue  # for a while there is no news
    return deletion
