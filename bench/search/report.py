"""The figures as a page of text. Pure."""

from collections.abc import Iterator, Sequence

from bench.search.run import WAYS, Outcomes, Way
from bench.search.score import Figures, Outcome, figures
from bench.search.table import KINDS

HEAD = "| kind | rows | leg | recall@1 | recall@5 | MRR | start off by, s |\n|---|---|---|---|---|---|---|"


def report(outcomes: Outcomes) -> str:
    """Markdown: figures per kind, leg and all together; then those held back; then what was wrong."""
    tuned = {way: [each for each in its if not each.row.held] for way, its in outcomes.items()}
    held = {way: [each for each in its if each.row.held] for way, its in outcomes.items()}
    abroad = [each for each in outcomes["fused"] if each.row.lang]
    return "\n".join(
        [
            "Rows that were looked at while the settings were chosen:\n",
            HEAD,
            *(line for kind in KINDS for line in _lines(kind, tuned)),
            _line("all", "fused", figures(tuned["fused"])),
            "\nRows that were held back:\n",
            HEAD,
            *(_line(kind, "fused", figures(some)) for kind in KINDS if (some := _of(kind, held["fused"]))),
            _line("all", "fused", figures(held["fused"])),
            f"\nAsked in another language than what is said, or than English (both parts):\n\n{HEAD}",
            *([_line("all", "fused", figures(abroad))] if abroad else []),
            "\nWrong, of all rows, when all legs are asked:\n",
            *_wrong(outcomes["fused"]),
        ]
    )


def _of(kind: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [each for each in outcomes if each.row.kind == kind]


def _lines(kind: str, outcomes: Outcomes) -> Iterator[str]:
    for way in WAYS:
        some = _of(kind, outcomes[way])
        if some and (kind == "negative" or any(each.rank for each in some)):
            yield _line(kind, way, figures(some))


def _line(kind: str, way: Way, its: Figures) -> str:
    error = "-" if its.error_s is None else f"{its.error_s:.1f}"
    name = f"**{way}**" if way == "fused" else way
    return f"| {kind} | {its.count} | {name} | {its.recall_1:.2f} | {its.recall_5:.2f} | {its.mrr:.2f} | {error} |"


def _wrong(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for each in outcomes:
        if each.rank != 1:
            place = f"right at {each.rank}" if each.rank else "not found" if each.row.at else "should find nothing"
            yield f"- {each.row.kind}: {each.row.asked} – {place}; first: {each.top}"
