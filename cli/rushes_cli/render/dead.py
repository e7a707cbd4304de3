"""The answers of `rushes dead`. Pure."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rushes_cli.answers import DeadLetter
from rushes_cli.render.words import moment_of
from rushes_cli.terminal import text


def table(letters: Iterable[DeadLetter]) -> Table:
    """One line a dead letter."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "at", "reason"):
        rows.add_column(heading, no_wrap=True)
    rows.add_column("tries", justify="right", no_wrap=True)
    rows.add_column("video", overflow="fold")
    rows.add_column("error", overflow="fold")
    for letter in letters:
        rows.add_row(
            text(letter.id),
            moment_of(letter.at),
            text(letter.reason),
            str(letter.attempts),
            text(_about(letter)),
            text(letter.error),
        )
    return rows


def report(letter: DeadLetter) -> RenderableType:
    """One dead letter: the facts, the stack, the record."""
    facts = {
        "given up": moment_of(letter.at),
        "reason": letter.reason,
        "error": letter.error,
        "first error": letter.first_error,
        "tries": str(letter.attempts),
        "about": _about(letter),
        "recipe": letter.recipe or "",
        "came from": letter.origin,
        "stored at": letter.stored_at or "",
        "missing": letter.missing or "",
        "key": letter.key or "",
        **{f"header {name}": value for name, value in letter.headers.items()},
    }
    lines = [text(f"{name:<12}  {value}") for name, value in facts.items() if value]
    value = "value, in base64" if letter.is_base64 else "value"
    return Group(text(letter.id, "bold"), *lines, *_below("stack", letter.stack), *_below(value, letter.value))


def _below(heading: str, content: str) -> list[Text]:
    return [Text(""), text(heading, "bold"), *(text(line) for line in content.splitlines())]


def _about(letter: DeadLetter) -> str:
    segment = "" if letter.segment is None else f" segment {letter.segment}"
    return (letter.video_id or "") + segment
