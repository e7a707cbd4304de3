"""`rushes reindex` and `rushes replay`."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from rushes_cli.adding import pause
from rushes_cli.client import Client, instance_url
from rushes_cli.console import WrongUse, complain, say, say_json
from rushes_cli.render.terminal import progress_console
from rushes_client.errors import Unavailable
from rushes_runtime.errors import RushesError
from rushes_schemas.api import CollectionStatus, ReindexStatus
from rushes_schemas.stages import REPLAYABLE


class FirstStage(StrEnum):
    """From which stage on."""

    # A member per stage: typer takes the values and the help from an Enum.
    vars().update({name.upper(): name for name in REPLAYABLE})


def reindex(
    image_model: Annotated[str | None, typer.Option(help="The image-text model of the new index.")] = None,
    text_model: Annotated[str | None, typer.Option(help="The text model of the new index.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Only show how far it is, and what there is.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Search the index before again, at once.")] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Remove what is not searched.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print where it stands as JSON.")] = False,
) -> None:
    """Rebuild the index from the artefacts, with other models or the same.

    The old index is searched until the new one is whole, and new videos arrive in both; nothing is transcribed or
    decoded again. The old one is kept until --drop-old, for --rollback. Interrupted, the same command goes on.

    \b
    Examples:
      rushes reindex --image-model open-clip:ViT-B-32:laion2b_s34b_b79k
      rushes reindex --rollback
      rushes reindex --drop-old
    """
    if status + rollback + drop_old + bool(image_model or text_model) > 1:
        raise WrongUse("give one of --status, --rollback, --drop-old, or the models of the new index")
    with Client(instance_url()) as client:
        if status:
            state = client.reindex()
        elif rollback:
            state = client.roll_back()
        elif drop_old:
            state = client.drop_old()
        else:
            state = _filled(client, client.begin_reindex(image_model, text_model))
    if as_json:
        say_json(state.as_json())
    else:
        for line in reindex_lines(state):
            say(line)


def replay(
    stage: Annotated[FirstStage, typer.Option("--from", help="The stage to begin with.")],
    video_ids: Annotated[list[str] | None, typer.Argument(metavar="[VIDEO_ID]...", help="Which videos.")] = None,
    all_videos: Annotated[bool, typer.Option("--all", help="All videos.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was published as JSON.")] = False,
) -> None:
    """Process videos again, from a given stage on.

    What was made with the same settings is found and not made again.

    \b
    Examples:
      rushes replay --from asr 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e
      rushes replay --from scenes --all
    """
    if bool(video_ids) == all_videos:
        raise WrongUse("say which videos: their ids, or --all")
    with Client(instance_url()) as client:
        replayed = client.replay(stage.value, None if all_videos else video_ids)
    if as_json:
        say_json(replayed.as_json())
    else:
        say(f"{replayed.videos} videos go on from {stage.value}, in {replayed.events} records")
    for video_id in replayed.left_out:
        complain(f"{video_id}: nothing is stored of it that {stage.value} could begin with")
    if replayed.left_out:
        raise typer.Exit(1)


class ReindexFailed(RushesError):
    """The new index is not whole; the old one is searched."""


def reindex_lines(state: ReindexStatus) -> Iterator[str]:
    """What a person reads of it. Pure."""
    if state.status == "filling":
        yield f"{state.collection} is being filled: {state.done} of {state.total} scenes"
    for collection in state.collections:
        yield f"{'searched' if collection.searched else 'kept    '}  {collection.name}  {_facts(collection)}"
    searched = next((each.made_with for each in state.collections if each.searched), None)
    if searched:
        yield "before the next start, if they are others now:"
        yield f"  RUSHES_MODELS__IMAGE_TEXT={searched.image_text} RUSHES_MODELS__TEXT={searched.text}"


def _filled(client: Client, state: ReindexStatus) -> ReindexStatus:
    console = progress_console()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("scenes", total=None)
        while state.status == "filling":
            bar.update(task, completed=state.done, total=state.total or None)
            pause()
            try:
                state = client.reindex()
            except Unavailable:
                continue  # something behind the instance is down for now
    if state.status != "swapped":
        reason = state.reason or "the instance was started again meanwhile"
        raise ReindexFailed(f"the new index is not whole: {reason}; the old one is searched; begin again to go on")
    return state


def _facts(collection: CollectionStatus) -> str:
    models = f" of {collection.made_with.image_text} and {collection.made_with.text}" if collection.made_with else ""
    return f"{collection.points} scenes{models}"
