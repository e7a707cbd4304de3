"""A benchmark writes its own section of the page and no other."""

from pathlib import Path

from bench.page import TITLE, table, write_section


def test_sections_are_added_replaced_and_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    write_section("bench-one", "first", page)
    write_section("bench-two", "second", page)
    write_section("bench-one", r"third, with \1 in it", page)
    text = page.read_text()
    assert text.startswith(TITLE)
    assert "first" not in text and "second" in text
    assert text.index(r"third, with \1") < text.index("second")
    assert text.count("## `make bench-one`") == 1


def test_a_table() -> None:
    assert table(("a", "b"), [("x", 1)]).splitlines() == ["| a | b |", "| --- | ---: |", "| x | 1 |"]
