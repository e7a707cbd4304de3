"""`rushes status`, `transcript`, `edit` and `delete`: one video, or all of them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from rushes_cli.adding import Outcome, pause, report_and_exit
from rushes_cli.client import Client, instance_url
from rushes_cli.console import WrongUse, complain, say, say_json
from rushes_cli.options import described
from rushes_cli.render.status import video_report, videos_table
from rushes_cli.render.terminal import out
from rushes_client.errors import NotFound, Unavailable
from rushes_client.options import Said
from rushes_schemas.api import Deletion, Video


def status(
    video_id: Annotated[str | None, typer.Argument(help="Only this video, with each segment and stage.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the instance answers as JSON.")] = False,
) -> None:
    """Show how far the videos are.

    One line a video; with an id, what each stage last said of each segment, when, and how long it took.

    \b
    Examples:
      rushes status
      rushes status 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e
    """
    with Client(instance_url()) as client:
        if video_id is None:
            _show_all(client, as_json)
        else:
            _show_one(client, video_id, as_json)


def _show_all(client: Client, as_json: bool) -> None:
    videos = list(client.videos())
    if as_json:
        say_json([video.as_json() for video in videos])
    elif videos:
        out().print(videos_table(_with_ledger(client, video) for video in videos))
    else:
        say("there are no videos yet: add some with `rushes add PATH`")


def _show_one(client: Client, video_id: str, as_json: bool) -> None:
    video = client.video(video_id)
    if as_json:
        say_json(video.as_json())
    else:
        out().print(video_report(video))


def _with_ledger(client: Client, video: Video) -> Video:
    """The video with its ledger, which says more than the list only while the video is processed."""
    try:
        return video if video.is_settled else client.video(video.video_id)
    except NotFound:
        return video  # deleted since it was listed


class Format(StrEnum):
    """How a transcript is written."""

    text = "text"
    vtt = "vtt"
    srt = "srt"
    json = "json"


def transcript(
    video_id: Annotated[str, typer.Argument(help="The video, as `rushes status` lists it.")],
    format: Annotated[Format, typer.Option(help="Plain text, subtitles, or words with their times.")] = Format.text,
) -> None:
    """Print what is said in a video.

    \b
    Example:
      rushes transcript 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e --format srt > film.srt
    """
    with Client(instance_url()) as client:
        written = client.transcript(video_id, format.value)
    if not written.strip():
        complain(f"no words are known of {video_id}: see `rushes status {video_id}`")
    typer.echo(written, nl=not written.endswith("\n"))


class Field(StrEnum):
    """What `--clear` removes."""

    TITLE = "title"
    DESCRIPTION = "description"
    LANGUAGE = "language"
    METADATA = "metadata"


def edit(
    video_id: Annotated[str, typer.Argument(help="The video, as `rushes status` lists it.")],
    title: Annotated[str | None, typer.Option(help="The title from now on.")] = None,
    description: Annotated[str | None, typer.Option(help="The description.")] = None,
    language: Annotated[str | None, typer.Option(help="The language that is spoken, such as en.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="All facts of your own; repeat for each.")
    ] = None,
    clear: Annotated[list[Field] | None, typer.Option(help="Forget what was said of it; may be repeated.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the video is found by what it says now.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of it as JSON.")] = False,
) -> None:
    """Correct the title, description, language or metadata of a video.

    What is not given stays as it is. Another language has the video transcribed again; nothing else is done again that
    need not be.

    \b
    Examples:
      rushes edit 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e --title "A better title" --wait
      rushes edit 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e --language de --clear description
    """
    patch = merge_patch(described(title, description, language, metadata or ()), [field.value for field in clear or ()])
    with Client(instance_url()) as client:
        outcomes = [Outcome(video_id, "accepted", client.edit(video_id, patch))]
        report_and_exit(client, outcomes, wait=wait, as_json=as_json)


def merge_patch(given: Said, cleared: Sequence[str]) -> dict[str, Any]:
    """The JSON merge patch of the options: null clears a field. Raises WrongUse."""
    patch = given.as_json()
    if both := sorted(patch.keys() & set(cleared)):
        raise WrongUse(f"{both[0]} is given and cleared at the same time: leave one of them out")
    patch |= dict.fromkeys(cleared)
    if not patch:
        raise WrongUse("nothing to change: give --title, --description, --language, --metadata or --clear")
    return patch


def delete(
    video_ids: Annotated[list[str], typer.Argument(metavar="VIDEO_ID...", help="As `rushes status` lists them.")],
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Don't wait until nothing is left.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was removed as JSON.")] = False,
) -> None:
    """Delete videos everywhere: file, pictures, words, points, record.

    Tells, stage by stage, what was there and that nothing is left. A video that is not there, or no longer, is no
    error. The same file can be added again afterwards.

    \b
    Example:
      rushes delete 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e
    """
    with Client(instance_url()) as client:
        deletions = [client.delete(video_id) for video_id in video_ids]
        if not no_wait:
            deletions = [_finished(client, deletion) for deletion in deletions]
    if as_json:
        say_json([deletion.as_json() for deletion in deletions])
        return
    for deletion in deletions:
        for line in deletion_lines(deletion):
            say(line)


def deletion_lines(deletion: Deletion) -> list[str]:
    """The report of a deletion, for people. Pure."""
    there = {thing: count for thing, count in deletion.found.items() if count}
    if deletion.finished_at is None:
        return [f"{deletion.video_id}: is being deleted"]
    if not there:
        return [f"{deletion.video_id}: nothing was there"]
    stages = [f"  {thing:<8} {count:>6} removed, {deletion.left.get(thing, 0)} left" for thing, count in there.items()]
    return [f"{deletion.video_id}: deleted", *stages]


def _finished(client: Client, deletion: Deletion) -> Deletion:
    while deletion.finished_at is None:
        pause()
        try:
            deletion = client.deletion(deletion.video_id)
        except Unavailable:
            continue  # something behind the instance is down for now; the deletion goes on when it is back
    return deletion
