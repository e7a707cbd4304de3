"""Broker, index or blob store gone for a while: work goes on by itself, and nothing was lost or given up."""

from pathlib import Path

import pytest
from tests.chaos.films import SEGMENTS, films
from tests.chaos.outages import one_after_another

pytestmark = pytest.mark.timeout(2400)

AWAY_S = 15.0


def test_outages_cost_nothing(tmp_path: Path) -> None:
    made = films(tmp_path / "films", 8)
    broker, index, blobs = one_after_another(tmp_path / "cluster", made, AWAY_S, SEGMENTS)
    assert [outage.wrong() for outage in (broker, index, blobs)] == [[], [], []]
    assert "broker" in broker.said["asr"]
    assert "index" in index.said["embed"]
    assert "blobs" in blobs.said["ingest"]
