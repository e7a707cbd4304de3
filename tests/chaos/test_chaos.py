"""The short form of `make chaos`: everything is killed at random for a while, and nothing is lost."""

from pathlib import Path

import pytest
from tests.chaos.films import films
from tests.chaos.run import chaos, undisturbed
from tests.in_full import IN_FULL

pytestmark = pytest.mark.timeout(2400)

SEED = 11
KILLING_S, FILMS = (40.0, 6) if IN_FULL else (15.0, 3)


def test_nothing_is_lost_under_kill_9(tmp_path: Path) -> None:
    made = films(tmp_path / "films", FILMS)
    expected = undisturbed(tmp_path / "undisturbed", made)
    report = chaos(tmp_path / "killed", made, expected, SEED, KILLING_S, print)
    assert report.kills["Apache Kafka"] == report.kills["the index"] == 1
    assert not report.wrong, "\n".join(report.wrong)
