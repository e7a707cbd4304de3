"""Moments as a person reads them. Pure."""

import re
import textwrap
from collections.abc import Iterable, Sequence

from rich.text import Text

from rushes_cli.console import shown
from rushes_cli.render.terminal import text
from rushes_cli.render.words import clock, span
from rushes_schemas.api import LeftOut, Moment, SearchResults, Why
from rushes_schemas.index import LEG_WORDS

EXCERPT = 280
"""Characters of a moment's words that are shown."""
LEAD = 80
"""Characters of them before the first word that was asked for."""
INDENT = "    "
WIDEST = 100
"""Longer lines are hard to read, however wide the terminal is."""
UNABLE = {"model_not_loaded", "model_failed", "no_picture_model"}
"""Reasons for which a leg of a search has no part in it though it was asked."""


def moments(answer: SearchResults, base_url: str, width: int) -> Text:
    """All moments of a search, best first, in lines of `width` columns; only links may be longer."""
    blocks = [moment(number, found, base_url, width) for number, found in enumerate(answer.moments, start=1)]
    return Text("\n\n").join(blocks)


def moment(number: int, found: Moment, base_url: str, width: int) -> Text:
    """Where it is, what is said in it, why it was found, and where to watch it."""
    wanted = pattern(found.text[mark.start : mark.end] for mark in found.marks)
    start = f" from {clock(found.best_ms)}" if found.best_ms is not None else ""
    heading = Text.assemble(
        (f"{number:>2}  ", "dim"),
        (span(found.start_ms, found.end_ms), "bold cyan"),
        (start, "cyan"),
        "  ",
        text(found.title, "bold"),
    )
    said = Text("\n").join(Text(line) for line in _wrapped(excerpt(found.text, wanted), width))
    if wanted:
        said.highlight_regex(wanted, "bold yellow")
    rest = (Text(INDENT + why(found.why), "dim"), Text(INDENT) + text(f"{base_url}{found.media_url}", "dim"))
    return Text("\n").join([heading, *([said] if said else []), *rest])


def why(reasons: Sequence[Why]) -> str:
    """Which legs of the search found it, and at what rank."""
    return "found by " + ", ".join(
        f"{shown(LEG_WORDS.get(reason.leg, reason.leg))} #{reason.rank}" for reason in reasons
    )


def left_out(legs: Sequence[LeftOut]) -> str | None:
    """What a person should know of legs that could not answer; None: nothing, since they were not asked to."""
    unable = [shown(LEG_WORDS.get(each.leg, each.leg)) for each in legs if each.reason in UNABLE]
    return f"not searched for now: {', '.join(unable)}; the instance's models are loading or failed" if unable else None


def excerpt(said: str, wanted: re.Pattern[str] | None) -> str:
    """The words about the first one that was asked for; all, where there are few."""
    line = " ".join(shown(said).split())
    if len(line) <= EXCERPT:
        return line
    first = wanted.search(line) if wanted else None
    start = max(0, first.start() - LEAD) if first else 0
    end = start + EXCERPT
    return f"{'… ' if start else ''}{line[start:end].strip()}{' …' if end < len(line) else ''}"


def pattern(marked: Iterable[str]) -> re.Pattern[str] | None:
    """What finds the parts of a text that an instance marked in it, wherever lines are broken. Scripts without spaces
    have no word boundaries, so none are asked for there."""
    parts = sorted({" ".join(shown(part).split()) for part in marked} - {""}, key=len, reverse=True)
    spaced = (r"\s+".join(map(re.escape, part.split())) for part in parts)
    kinds = (rf"\b{part}\b" if part.isascii() else part for part in spaced)
    return re.compile("|".join(kinds)) if parts else None


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, max(20, min(width, WIDEST)), initial_indent=INDENT, subsequent_indent=INDENT)
