"""The demonstration: `python -m rushes_cli.demo`, which is `make demo`.

Starts an instance of its own, adds the examples, asks four kinds of questions, checks that the right moments are
found, and stops it again. Exit code 1, and a sentence for each thing that is wrong, if it does not end well.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rushes_cli.adding import Outcome, report, send, wait_for
from rushes_cli.client import Client
from rushes_cli.console import FAILURES, complain, say
from rushes_cli.inputs import Input
from rushes_cli.local.instance import running
from rushes_cli.render.moments import moments
from rushes_cli.render.terminal import out
from rushes_cli.render.words import span
from rushes_client.options import Said
from rushes_schemas.api import Moment

EXAMPLES = Path(__file__).parents[2] / "examples"
LOG_LINES = 40


@dataclass(frozen=True)
class Question:
    """What is asked, and the stretch of an example that is to come first, in milliseconds."""

    kind: str
    words: str
    file: str
    start_ms: int
    end_ms: int


QUESTIONS = (
    Question("words that are spoken", "a more amiable woman", "cabinet-of-curiosities.mp4", 34_560, 40_080),
    Question("a thing that is only seen", "a cat", "cabinet-of-curiosities.mp4", 5_280, 11_280),
    Question("the same in another language", "고양이", "cabinet-of-curiosities.mp4", 5_280, 11_280),
    Question("the title of a silent video", "postcards from our holidays", "silent-postcards.mp4", 0, 31_440),
)


def main(examples: Path = EXAMPLES) -> int:
    """Run the demonstration; the exit code."""
    with tempfile.TemporaryDirectory(prefix="rushes-demo-", ignore_cleanup_errors=True) as folder:
        log = Path(folder, "up.log")
        try:
            say("Starting `rushes up` ...")
            with running(Path(folder, "data"), log) as url, Client(url) as client:
                wrong = list(demonstrate(client, examples))
        except FAILURES as error:
            wrong = [str(error)]
        for sentence in wrong:
            complain(f"wrong: {sentence}")
        if wrong:
            complain("The last lines of the instance's log:")
            sys.stderr.write(_tail(log))
    if not wrong:
        say("")
        say("All four were found where they are, and the instance stopped as it should.")
    return 1 if wrong else 0


def demonstrate(client: Client, examples: Path) -> Iterator[str]:
    """Add, ask and print; yields a sentence for each thing that is wrong."""
    outcomes = wait_for(client, list(send(client, listed(examples))))
    report(outcomes, as_json=False)
    ids = {outcome.input: outcome.video_id for outcome in outcomes}
    yield from (_not_indexed(outcome) for outcome in outcomes if outcome.status != "indexed")
    for question in QUESTIONS:
        if (sentence := ask(client, question, ids)) is not None:
            yield sentence


def listed(examples: Path) -> Iterator[tuple[Input, Said]]:
    """The examples with what `examples.json` says of them."""
    for entry in json.loads((examples / "examples.json").read_text("utf-8"))["examples"]:
        path = examples / entry["file"]
        yield Input(path.name, path), Said(entry["title"], entry["description"], entry["language"])


def ask(client: Client, question: Question, ids: Mapping[str, str | None]) -> str | None:
    """Ask, print the top moment, and say what is wrong with it, if anything is."""
    answer = client.search(question.words, limit=1, image=None)
    console = out()
    console.print(f"\n{question.kind}: “{question.words}”", style="bold")
    console.print(moments(answer, client.url, console.width), soft_wrap=True)
    return mistake(question, answer.moments[0] if answer.moments else None, ids)


def mistake(question: Question, found: Moment | None, ids: Mapping[str, str | None]) -> str | None:
    """What is wrong with the top moment of a question; None where it is the right one."""
    asked = f"“{question.words}” ({question.kind})"
    if found is None:
        return f"{asked} found nothing"
    expected = f"{span(question.start_ms, question.end_ms)} of {question.file}"
    is_there = found.start_ms < question.end_ms and question.start_ms < found.end_ms
    if found.video_id != ids.get(question.file) or not is_there:
        return f"{asked} found {span(found.start_ms, found.end_ms)} of “{found.title}” instead of {expected}"
    return None


def _not_indexed(outcome: Outcome) -> str:
    return f"{outcome.input} is {outcome.status}, not indexed: {outcome.reason}"


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines(keepends=True) if log.exists() else []
    return "".join(lines[-LOG_LINES:])


if __name__ == "__main__":
    sys.exit(main())
