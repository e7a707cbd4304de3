"""`rushes edit`: what is said of a video, corrected."""

from collections.abc import Sequence

from rushes_cli.adding import report, settle
from rushes_cli.client import Client
from rushes_cli.errors import WrongUse
from rushes_cli.outcome import Outcome
from rushes_client.calls import Said


def run(client: Client, video_id: str, said: Said, cleared: Sequence[str], *, wait: bool, as_json: bool) -> bool:
    """Correct, wait if asked to, and print; whether it went well. Raises WrongUse, and what the client raises."""
    patch = said.as_json()
    if both := sorted(patch.keys() & set(cleared)):
        raise WrongUse(f"{both[0]} is given and cleared at the same time: leave one of them out")
    patch |= dict.fromkeys(cleared)
    if not patch:
        raise WrongUse("nothing to change: give --title, --description, --language, --metadata or --clear")
    outcomes = [Outcome(video_id, "accepted", client.edit(video_id, patch))]
    outcomes = settle(client, outcomes) if wait else outcomes
    report(outcomes, as_json)
    return not any(outcome.is_failure for outcome in outcomes)
