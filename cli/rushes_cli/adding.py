"""`rushes add`: send what was named, and wait for it where that is asked."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rushes_cli.client import Client, instance_key
from rushes_cli.inputs import Bad, Input, Skipped, find
from rushes_cli.ledger import why_not
from rushes_cli.outcome import Outcome
from rushes_cli.plain import complain, say, say_json
from rushes_cli.progress import Uploading, Waiting
from rushes_cli.render.added import accepted_line, settled_line
from rushes_cli.watch import Show, watch
from rushes_client import AsyncClient
from rushes_client.answers import Accepted, VideoDetail
from rushes_client.calls import Said
from rushes_client.errors import Refused


def run(client: Client, arguments: Sequence[str], described: Said, *, wait: bool, as_json: bool) -> bool:
    """Add what the arguments name and print what became of it; whether all of it went well.

    Where the instance goes away in the middle, what was accepted before is printed all the same.
    """
    inputs: list[tuple[Input | Bad, Said]] = []
    for found in find(arguments):
        if isinstance(found, Skipped):
            complain(f"{found.path}: skipped, it is not called like a video")
        else:
            inputs.append((found, described))
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(send(client, inputs))  # what was sent stays in it, should the next one raise
        outcomes[:] = settle(client, outcomes) if wait else outcomes
    finally:
        report(outcomes, as_json)
    return not any(outcome.is_failure for outcome in outcomes)


def send(client: Client, inputs: Iterable[tuple[Input | Bad, Said]]) -> Iterator[Outcome]:
    """Send everything, in order, with a progress bar. A refusal is told at once, and the rest goes on.

    Raises Unreachable and NotRushes: the rest would fare no better.
    """
    with Uploading() as uploading:
        for input, described in inputs:
            yield _sent(client, input, described, uploading)


def settle(client: Client, outcomes: Sequence[Outcome]) -> list[Outcome]:
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
