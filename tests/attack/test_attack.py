"""`make attack`, as a test."""

from pathlib import Path

import pytest
from tests.attack.run import GROUPS, attack
from tests.attack.tally import Tally

pytestmark = [pytest.mark.all, pytest.mark.timeout(900)]


def test_no_input_breaks_a_promise(tmp_path: Path) -> None:
    tally = attack(tmp_path)
    assert {case.group for case in tally.cases} == set(GROUPS) and len(tally.cases) > 200
    assert not tally.violations, tally.table()


def test_broken_promise_is_counted_and_shown() -> None:
    tally = Tally(say=lambda line: None)
    tally.begin("doors")
    tally.holds("it lives", False, "ended with 1")
    tally.must_answer("a form", "no answer within 20 s")
    tally.refused("a list")
    assert [case.name for case in tally.violations] == ["it lives", "a form"]
    assert "VIOLATION doors: it lives: ended with 1" in tally.table()
