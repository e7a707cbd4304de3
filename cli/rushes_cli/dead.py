"""`rushes dead`: what could not be done, and what is to become of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rushes_cli.client import Client
from rushes_cli.errors import WrongUse
from rushes_cli.plain import say, say_json
from rushes_cli.render.dead import report, table
from rushes_cli.terminal import out

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
DONE = {"replay": "replayed", "discard": "discarded"}


def chosen(
    ids: Sequence[str],
    service: str | None,
    reason: str | None,
    video: str | None,
    older: str | None,
    newer: str | None,
) -> dict[str, Any]:
    """The filters that were given, as the instance names them. Raises WrongUse for an age that is none."""
    said = {
        "ids": list(ids),
        "service": service,
        "reason": reason,
        "video_id": video,
        "older_than_s": age_s(older),
        "newer_than_s": age_s(newer),
    }
    return {name: value for name, value in said.items() if value not in (None, [])}


def deliberate(meant: dict[str, Any], everything: bool) -> dict[str, Any]:
    """The selection of a command that changes something. Raises WrongUse where nothing was chosen."""
    if not meant and not everything:
        raise WrongUse("say which dead letters you mean: ids, a filter, or --all")
    return meant | {"all": everything}


def age_s(text: str | None) -> int | None:
    """An age such as 90s, 30m, 2h or 3d, in seconds. Raises WrongUse for anything else."""
    if text is None:
        return None
    if not (found := re.fullmatch(r"(\d{1,9})([smhd])", text)):
        raise WrongUse(f"{text!r} is no age: write it as 90s, 30m, 2h or 3d")
    return int(found[1]) * SECONDS[found[2]]


def show_all(client: Client, meant: Mapping[str, Any], *, limit: int, as_json: bool) -> None:
    """One line a dead letter."""
    answer = client.dead_letters({**meant, "limit": limit})
    if as_json:
        say_json([letter.as_json() for letter in answer.dead_letters])
    elif answer.dead_letters:
        out().print(table(answer.dead_letters))
        if more := answer.total - len(answer.dead_letters):
            say(f"and {more} more: see --limit, --reason, --service")
    else:
        say("there are no dead letters" + (" that pass the filters" if meant else ""))


def show_one(client: Client, id: str, *, as_json: bool) -> None:
    """One dead letter, whole."""
    letter = client.dead_letter(id)
    if as_json:
        say_json(letter.as_json())
    else:
        out().print(report(letter))


def settle(client: Client, action: Literal["replay", "discard"], meant: Mapping[str, Any], *, as_json: bool) -> None:
    """Replay or discard, and say how many."""
    settled = client.settle_dead_letters(action, meant)
    if as_json:
        say_json(settled.as_json())
    else:
        say(f"{DONE[action]} {settled.count} dead letter{'' if settled.count == 1 else 's'}")
