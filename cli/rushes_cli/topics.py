"""`rushes topics`: show what is to be changed, ask, change it; and how far behind the stages are."""

import asyncio
import sys

import typer

from rushes_cli.errors import WrongUse
from rushes_cli.plain import complain, say, say_json
from rushes_cli.render.lag import lag_json, lag_table
from rushes_cli.terminal import out
from rushes_runtime.bus.lag import lags
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.bus.topics import Plan, apply, planned
from rushes_runtime.settings import Settings, load


def apply_topics(*, yes: bool, dry_run: bool, add_partitions: bool, reconfigure: bool, as_json: bool) -> None:
    """Raises WrongUse where nobody can be asked, BrokerUnavailable and ConfigurationError."""
    settings = load(Settings)
    plan = asyncio.run(planned(settings.kafka, settings.topics, add_partitions=add_partitions, reconfigure=reconfigure))
    if not as_json:
        _show(plan)
    made = not plan.is_empty and not dry_run and _confirmed(yes, as_json)
    if made:
        asyncio.run(apply(settings.kafka, plan))
    if as_json:
        say_json({"changes": list(plan.steps()), "made": made, "differing": plan.differing})
    elif made:
        say("done")


def show_lag(*, as_json: bool) -> None:
    """Raises BrokerUnavailable and ConfigurationError."""
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
