"""How well questions are answered: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.search.table import Place, Row

from rushes_schemas.api import Moment

SPOKEN = ("spoken", "phrase")
"""Kinds whose right start is where the place begins. A picture may be started at anywhere in its shot."""


@dataclass(frozen=True)
class Outcome:
    """What a question found. `rank` of the first right moment, None where there is none among those asked for."""

    row: Row
    rank: int | None
    error_ms: int | None
    found: int
    top: str


@dataclass(frozen=True)
class Figures:
    """Of some questions. A negative counts as right at rank 1 where it finds nothing."""

    count: int
    recall_1: float
    recall_5: float
    mrr: float
    error_s: float | None


def outcome(row: Row, moments: Sequence[Moment], ids: Mapping[str, str]) -> Outcome:
    """How a question went. `ids`: film -> video id."""
    top = f"{moments[0].title} {moments[0].start_ms / 1000:.1f}" if moments else "nothing"
    if row.kind == "negative":
        return Outcome(row, None if moments else 1, None, len(moments), top)
    for rank, moment in enumerate(moments, start=1):
        right = [place for place in row.at if _is(place, moment, ids)]
        if right:
            return Outcome(row, rank, min(_error(row, place, moment) for place in right), len(moments), top)
    return Outcome(row, None, None, len(moments), top)


def figures(outcomes: Iterable[Outcome]) -> Figures:
    """The means; the start's error is that of the right moments among the first five."""
    some = list(outcomes)
    ranks = [each.rank or 0 for each in some]
    errors = [each.error_ms / 1000 for each in some if each.error_ms is not None and each.rank and each.rank <= 5]
    return Figures(
        len(some),
        fmean(rank == 1 for rank in ranks),
        fmean(1 <= rank <= 5 for rank in ranks),
        fmean(1 / rank if rank else 0 for rank in ranks),
        fmean(errors) if errors else None,
    )


def _is(place: Place, moment: Moment, ids: Mapping[str, str]) -> bool:
    return ids[place.film] == moment.video_id and place.overlaps(moment.start_ms, moment.end_ms)


def _error(row: Row, place: Place, moment: Moment) -> int:
    start_ms = moment.start_ms if moment.best_ms is None else moment.best_ms
    if row.kind in SPOKEN:
        return abs(start_ms - place.start_ms)
    return max(place.start_ms - start_ms, start_ms - place.end_ms, 0)
