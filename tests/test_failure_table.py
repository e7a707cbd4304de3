"""Every row of docs/failures.md names the test that shows it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_row_is_shown_by_a_test() -> None:
    page = (ROOT / "docs" / "failures.md").read_text()
    named = re.findall(r"\| `(test_\w+)` \|$", page, re.MULTILINE)
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    tests = {
        name for path in ROOT.glob("tests/**/test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert len(named) == len(rows) > 20
    assert set(named) <= tests
