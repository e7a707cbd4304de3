"""The relevance suite: its table, its arithmetic, and (make test-all) that search is as good as is written."""

from collections import Counter
from pathlib import Path

import pytest
from bench.page import write_section
from bench.search.report import report
from bench.search.run import WAYS, Outcomes, run
from bench.search.score import Figures, Outcome, figures, outcome
from bench.search.table import FILMS, KINDS, Kind, Place, Row, rows

from rushes_query.settings import QuerySettings
from rushes_schemas.api import Moment

LEAST: dict[Kind, tuple[float, float]] = {
    "spoken": (0.89, 0.97),
    "seen": (0.51, 0.55),
    "title": (1.0, 1.0),
    "image": (1.0, 1.0),
    "phrase": (0.63, 0.63),
    "negative": (0.93, 0.93),
}
"""Recall@1 and recall@5 of all rows of a kind, all legs asked, rounded down."""


def test_the_table_is_large_enough_and_a_fifth_is_held_back() -> None:
    table = rows()
    assert len(table) >= 60
    assert sum(row.lang is not None for row in table) >= 15
    assert 0.18 <= sum(row.held for row in table) / len(table) <= 0.25
    assert {row.kind for row in table} == {row.kind for row in table if row.held} == set(KINDS)
    assert max(Counter((row.q, row.image) for row in table).values()) == 1


def test_every_row_can_be_asked_and_answered() -> None:
    for row in rows():
        assert (row.kind == "negative") is (not row.at), row
        assert (row.kind == "image") is (row.image is not None) is (not row.q), row
        assert row.picture() != b""
        assert all(place.film in FILMS and place.start_ms < place.end_ms for place in row.at), row
    assert all(path.exists() for path in FILMS.values())


PLACE = Place(film="es", start_ms=2000, end_ms=4000)
SPOKEN, SEEN = Row(kind="spoken", q="a", at=(PLACE,)), Row(kind="seen", q="a", at=(PLACE,))
ABSENT = Row(kind="negative", q="a")
IDS = {"es": "1"}


def moment(start_ms: int, end_ms: int, best_ms: int, video: str = "1") -> Moment:
    return Moment(
        video_id=video, title="t", start_ms=start_ms, end_ms=end_ms, best_ms=best_ms, score=1, text="", marks=[],
        thumbnail_url=None, media_url="", scenes=[], why=[],
    )  # fmt: skip


def test_what_is_right_and_by_how_much_the_start_is_off() -> None:
    elsewhere = [moment(0, 9000, 0, video="2"), moment(4000, 9000, 4000)]
    right = moment(3000, 9000, 5500)
    ranks = [outcome(SPOKEN, [*elsewhere, right], IDS).rank, outcome(SEEN, elsewhere, IDS).rank]
    assert ranks == [3, None]
    assert outcome(SPOKEN, [right], IDS).error_ms == 3500
    assert outcome(SEEN, [right], IDS).error_ms == 1500
    assert outcome(SEEN, [moment(0, 9000, 3000)], IDS).error_ms == 0
    assert (outcome(ABSENT, [], {}).rank, outcome(ABSENT, [right], {}).rank) == (1, None)


def test_the_figures() -> None:
    ranks = [(1, 500), (4, 1500), (6, 9000), (None, None)]
    outcomes = [Outcome(SPOKEN, rank, error, 1, "") for rank, error in ranks]
    assert figures(outcomes) == Figures(4, 0.25, 0.5, (1 + 1 / 4 + 1 / 6) / 4, 1.0)


def test_a_report_names_what_is_wrong_and_keeps_the_held_rows_apart() -> None:
    held = Row(kind="seen", q="held", at=(PLACE,), held=True)
    outcomes: Outcomes = {way: [Outcome(SPOKEN, 1, 0, 1, "x"), Outcome(held, None, None, 0, "nothing")] for way in WAYS}
    text = report(outcomes)
    assert "| spoken | 1 | **fused** | 1.00 | 1.00 | 1.00 | 0.0 |" in text
    assert "- seen: held – not found; first: nothing" in text


def test_each_benchmark_has_a_section_of_its_own(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    write_section("one", "first", page)
    write_section("two", "second", page)
    write_section("one", "again", page)
    text = page.read_text()
    assert "first" not in text and text.index("again") < text.index("second")


@pytest.mark.all
@pytest.mark.timeout(420)
async def test_search_is_as_good_as_it_is_said_to_be(tmp_path: Path) -> None:
    """If it got better, say so here and in docs/benchmarks.md: `make bench-search`."""
    outcomes = await run(tmp_path / "data", QuerySettings())
    for kind in KINDS:
        by_way = {way: figures(each for each in its if each.row.kind == kind) for way, its in outcomes.items()}
        fused = by_way["fused"]
        assert (fused.recall_1, fused.recall_5) >= LEAST[kind], f"{kind}: {fused}\n{report(outcomes)}"
        assert fused.recall_5 >= LEAST[kind][1], f"{kind}: {fused}\n{report(outcomes)}"
        if kind != "negative":
            assert all(fused.recall_1 >= by_way[way].recall_1 for way in WAYS), f"{kind}: {by_way}"
