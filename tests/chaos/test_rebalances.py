"""What consumers that come and go cost: nothing is lost, and hardly anything is computed twice."""

from pathlib import Path

import pytest
from tests.chaos.rebalances import rebalances
from tests.cluster.kafka import ApacheKafka

from rushes_runtime.settings import KafkaSettings

pytestmark = pytest.mark.timeout(300)


async def test_rebalances_lose_nothing_and_compute_nothing_more_than_twice(tmp_path: Path) -> None:
    with ApacheKafka(tmp_path / "kafka") as broker:
        kafka = KafkaSettings(bootstrap_servers=broker.addresses.plaintext, session_timeout_s=6)
        passed = await rebalances(kafka, tmp_path, segments=200, every_s=2, seed=1)
    assert passed.changes >= 5
    assert passed.dead == 0
    assert sorted(passed.computed) == sorted(passed.published) == list(range(200))
    assert max(passed.computed.values()) <= 2, passed.computed.most_common(5)
