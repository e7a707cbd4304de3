"""The disk is full for a while: everything waits, and goes on by itself once there is room."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from tests.chaos.films import films
from tests.chaos.up import WITHIN_S, Up
from tests.cluster.cluster import until

pytestmark = pytest.mark.timeout(1800)

SIZE_MB = 600


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, for which the test has to be root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "rushes-tests", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_full_disk_is_waited_for(disk: Path, tmp_path: Path) -> None:
    made = films(tmp_path / "films", 4)
    with Up(disk / "data", tmp_path / "up.log") as up:
        assert up.upload(made[0])
        up.settled(1)
        assert up.upload(made[1])

        fill(disk)
        publish(up, made[2])
        wrong = until(lambda: up.not_ready() or None, WITHIN_S)
        assert "is full" in json.dumps(wrong)
        assert not up.upload(made[3])
        (disk / "filler").unlink()

        assert up.upload(made[3])
        assert set(up.settled(4).values()) == {"indexed"}
        assert up.dead() == []
        assert up.not_ready() == {}
        assert up.stop() == 0
    points = up.points()
    assert points and max(points.values()) == 1


def fill(disk: Path) -> None:
    """Leave nothing free."""
    with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space left"):
        while True:
            filler.write(bytes(100_000))


def publish(up: Up, film: Path) -> None:
    """Announce a film as any Kafka client may."""
    producer = Producer({"bootstrap.servers": up.kafka, "log_level": 0})
    producer.produce("video-uploaded", json.dumps({"uri": film.as_uri()}))
    assert producer.flush(30) == 0
