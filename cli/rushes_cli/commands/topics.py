"""`rushes topics`: provision the topics, and show the lag of each stage."""

import asyncio
import sys
from typing import Annotated

import typer

from rushes_cli.console import WrongUse, complain, say, say_json
from rushes_cli.render.tables import lag_json, lag_table
from rushes_cli.render.terminal import out
from rushes_runtime.bus.lag import lags
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.bus.topics import Plan, planned
from rushes_runtime.bus.topics import apply as apply_plan
from rushes_runtime.settings import Settings, load

topics = typer.Typer(name="topics", help="Provision the topics, and show the lag of each stage.", no_args_is_help=True)


@topics.command()
def apply(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be changed.")] = False,
    add_partitions: Annotated[
        bool,
        typer.Option(
            "--add-partitions", help="Also give topics that have fewer partitions than RUSHES_TOPICS__PARTITIONS more."
        ),
    ] = False,
    reconfigure: Annotated[
        bool, typer.Option("--reconfigure", help="Also change retention and sizes of topics that are there.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
) -> None:
    """Make the topics that are missing, as the settings want them.

    Every change is shown before it is made. Topics that are there are left as they are, and what differs from the
    settings is said with what to do. More partitions move keys to other partitions: events of one video that still
    wait could then be taken out of their order.

    \b
    Examples:
      rushes topics apply --dry-run
      RUSHES_TOPICS__PARTITIONS=12 rushes topics apply --add-partitions --yes
    """
    settings = load(Settings)
    plan = asyncio.run(planned(settings.kafka, settings.topics, add_partitions=add_partitions, reconfigure=reconfigure))
    if not as_json:
        _show(plan)
    made = not plan.is_empty and not dry_run and _confirmed(yes, as_json)
    if made:
        asyncio.run(apply_plan(settings.kafka, plan))
    if as_json:
        say_json({"changes": list(plan.steps()), "made": made, "differing": plan.differing})
    elif made:
        say("done")


@topics.command()
def lag(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show how far behind each stage is, and since when.

    One line a partition, of each stage's own topics and of what it is to try again: the offset after the last record,
    the first that is not settled, how many wait, and how long ago the oldest of them was published. `-` where the
    group never settled anything there.
    """
    found = asyncio.run(lags(load(Settings).kafka))
    if as_json:
        say_json(lag_json(found, now_ms()))
    else:
        out().print(lag_table(found, now_ms()))


def _show(plan: Plan) -> None:
    for step in plan.steps():
        say(step)
    if plan.is_empty:
        say("every topic is there: nothing to do")
    for sentence in plan.differing:
        complain(sentence)


def _confirmed(yes: bool, as_json: bool) -> bool:
    if yes:
        return True
    if as_json or not sys.stdin.isatty():
        raise WrongUse("nothing was changed, since nobody can be asked here: add --yes, or --dry-run")
    return typer.confirm("Make these changes?", abort=True)
