"""`rushes dead`: list, show, replay and discard dead letters."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer

from rushes_cli.client import Client, instance_url
from rushes_cli.console import WrongUse, complain, say, say_json
from rushes_cli.render.tables import dead_letter_report, dead_letters_table
from rushes_cli.render.terminal import out
from rushes_schemas.topics import SERVICES

dead = typer.Typer(
    name="dead",
    help="List, show, replay and discard dead letters.",
    no_args_is_help=True,
)

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="As `rushes dead list` shows them.")]
Service = Annotated[str | None, typer.Option(help=f"Only those of {', '.join(SERVICES[:-1])} or {SERVICES[-1]}.")]
Reason = Annotated[str | None, typer.Option(help="Only those with this reason, such as time_limit.")]
Video = Annotated[str | None, typer.Option(metavar="ID", help="Only those about this video.")]
Older = Annotated[str | None, typer.Option(metavar="AGE", help="Only those given up longer ago: 90s, 30m, 2h, 3d.")]
Newer = Annotated[str | None, typer.Option(metavar="AGE", help="Only those given up since: 90s, 30m, 2h, 3d.")]
All = Annotated[bool, typer.Option("--all", help="All that there are.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what the instance answers as JSON.")]


@dead.command("list")
def list_(
    service: Service = None,
    reason: Reason = None,
    video: Video = None,
    older: Older = None,
    newer: Newer = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """List the dead letters, oldest first.

    \b
    Example:
      rushes dead list --service asr --newer 2h
    """
    filters = selected((), service, reason, video, older, newer)
    with Client(instance_url()) as client:
        answer = client.dead_letters({**filters, "limit": limit})
    if as_json:
        say_json([letter.as_json() for letter in answer.dead_letters])
    elif answer.dead_letters:
        out().print(dead_letters_table(answer.dead_letters))
        if more := answer.total - len(answer.dead_letters):
            say(f"and {more} more: see --limit, --reason, --service")
    else:
        say("there are no dead letters" + (" that pass the filters" if filters else ""))


@dead.command()
def show(
    id: Annotated[str, typer.Argument(help="As `rushes dead list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: why it was given up, the stack, the record itself.

    \b
    Example:
      rushes dead show asr:3:17
    """
    with Client(instance_url()) as client:
        letter = client.dead_letter(id)
    if as_json:
        say_json(letter.as_json())
    else:
        out().print(dead_letter_report(letter))


@dead.command()
def replay(
    ids: Ids = None,
    service: Service = None,
    reason: Reason = None,
    video: Video = None,
    older: Older = None,
    newer: Newer = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Give dead letters back to the stage that failed, each once.

    Nothing is uploaded and no earlier stage works again.

    \b
    Examples:
      rushes dead replay asr:3:17
      rushes dead replay --service embed --reason index_unavailable
    """
    _decide("replay", selected(ids or (), service, reason, video, older, newer), everything, as_json)


@dead.command()
def discard(
    ids: Ids = None,
    service: Service = None,
    reason: Reason = None,
    video: Video = None,
    older: Older = None,
    newer: Newer = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Forget dead letters that nothing will ever come of.

    \b
    Example:
      rushes dead discard --reason not_an_event
    """
    _decide("discard", selected(ids or (), service, reason, video, older, newer), everything, as_json)


SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
DONE = {"replay": "replayed", "discard": "discarded"}


def selected(
    ids: Sequence[str],
    service: str | None,
    reason: str | None,
    video: str | None,
    older: str | None,
    newer: str | None,
) -> dict[str, Any]:
    """The filters that were given, as the instance names them. Raises WrongUse for an age that is none."""
    options = {
        "ids": list(ids),
        "service": service,
        "reason": reason,
        "video_id": video,
        "older_than_s": age_s(older),
        "newer_than_s": age_s(newer),
    }
    return {name: value for name, value in options.items() if value not in (None, [])}


def _decide(action: Literal["replay", "discard"], selection: dict[str, Any], everything: bool, as_json: bool) -> None:
    if not selection and not everything:
        raise WrongUse("say which dead letters you mean: ids, a filter, or --all")
    with Client(instance_url()) as client:
        decided = client.settle_dead_letters(action, selection | {"all": everything})
    if as_json:
        say_json(decided.as_json())
    else:
        say(f"{DONE[action]} {decided.count} dead letter{'' if decided.count == 1 else 's'}")
    missing = [id for id in selection.get("ids", ()) if id not in decided.ids]
    for id in missing:
        complain(f"{id}: there is no such dead letter, or it was replayed or discarded (see `rushes dead list`)")
    if missing:
        raise typer.Exit(1)


def age_s(text: str | None) -> int | None:
    """An age such as 90s, 30m, 2h or 3d, in seconds. Raises WrongUse for anything else."""
    if text is None:
        return None
    if not (found := re.fullmatch(r"(\d{1,9})([smhd])", text)):
        raise WrongUse(f"{text!r} is no age: write it as 90s, 30m, 2h or 3d")
    return int(found[1]) * SECONDS[found[2]]
