"""`rushes reindex` and `rushes replay`."""

from collections.abc import Callable, Iterator, Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from rushes_cli.answers import Collection, Reindex
from rushes_cli.client import Client
from rushes_cli.errors import WrongUse
from rushes_cli.plain import complain, say, say_json
from rushes_cli.terminal import progress_console
from rushes_cli.watch import pause
from rushes_client.errors import Unavailable
from rushes_runtime.errors import RushesError


class ReindexFailed(RushesError):
    """The new index is not whole; the old one is searched."""


def run(
    client: Client,
    image_model: str | None,
    text_model: str | None,
    *,
    status: bool,
    rollback: bool,
    drop_old: bool,
    as_json: bool,
    pause: Callable[[], None] = pause,
) -> None:
    """Do what was asked for, and print where it stands then. Raises WrongUse, ReindexFailed, what the client raises."""
    if status + rollback + drop_old + bool(image_model or text_model) > 1:
        raise WrongUse("give one of --status, --rollback, --drop-old, or the models of the new index")
    if status:
        state = client.reindex()
    elif rollback:
        state = client.roll_back()
    elif drop_old:
        state = client.drop_old()
    else:
        state = _filled(client, client.begin_reindex(image_model, text_model), pause)
    if as_json:
        say_json(state.as_json())
    else:
        for line in lines(state):
            say(line)


def lines(state: Reindex) -> Iterator[str]:
    """What a person reads of it. Pure."""
    if state.status == "filling":
        yield f"{state.collection} is being filled: {state.done} of {state.total} scenes"
    for collection in state.collections:
        yield f"{'searched' if collection.searched else 'kept    '}  {collection.name}  {_facts(collection)}"
    searched = next((each.made_with for each in state.collections if each.searched), None)
    if searched:
        yield "before the next start, if they are others now:"
        yield f"  RUSHES_MODELS__IMAGE_TEXT={searched.image_text} RUSHES_MODELS__TEXT={searched.text}"


def replayed(client: Client, stage: str, video_ids: Sequence[str], *, all_videos: bool, as_json: bool) -> bool:
    """Replay, and print; whether every video could be. Raises WrongUse, and what the client raises."""
    if bool(video_ids) == all_videos:
        raise WrongUse("say which videos: their ids, or --all")
    told = client.replay(stage, None if all_videos else video_ids)
    if as_json:
        say_json(told.as_json())
    else:
        say(f"{told.videos} videos go on from {stage}, in {told.events} records")
    for video_id in told.left_out:
        complain(f"{video_id}: nothing is stored of it that {stage} could begin with")
    return not told.left_out


def _filled(client: Client, state: Reindex, pause: Callable[[], None]) -> Reindex:
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
                continue  # for a while there is no news
    if state.status != "swapped":
        reason = state.reason or "the instance was started again meanwhile"
        raise ReindexFailed(f"the new index is not whole: {reason}; the old one is searched; begin again to go on")
    return state


def _facts(collection: Collection) -> str:
    models = f" of {collection.made_with.image_text} and {collection.made_with.text}" if collection.made_with else ""
    return f"{collection.points} scenes{models}"
