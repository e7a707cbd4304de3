"""`rushes up` killed again and again while videos are added: with its children, its broker, or alone."""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from tests.chaos.films import films
from tests.chaos.outcome import Place
from tests.chaos.up import Up

from rushes_testing.process import left_over

pytestmark = pytest.mark.timeout(1800)

SEED = 5
LIVES = 3
"""How often it is started, and killed."""
LIFE_S = (1.0, 6.0)
"""Seconds for which it is let be before that: what it is in the middle of is to be random."""


def test_killed_again_and_again_while_adding_it_loses_nothing(tmp_path: Path) -> None:
    made = films(tmp_path / "films", 5)
    expected = undisturbed(tmp_path, made)
    luck = random.Random(SEED)
    up, seen, left = Up(tmp_path / "data", tmp_path / "killed.log"), set[int](), list(made)
    for _ in range(LIVES):
        up.start()
        seen |= up.below()
        left = [film for film in left if luck.random() < 0.7 or not up.upload(film)]
        kill_one(up.below(), luck)
        left = [film for film in left if luck.random() < 0.7 or not up.upload(film)]
        time.sleep(luck.uniform(*LIFE_S))
        seen |= up.below()
        up.kill()

    up.start()
    assert all(up.upload(film) for film in left)
    assert set(up.settled(len(made)).values()) == {"indexed"}
    assert up.dead() == []
    seen |= up.below()
    assert up.stop() == 0
    assert up.points() == expected
    assert not left_over(seen)


def undisturbed(folder: Path, made: list[Path]) -> Counter[Place]:
    """The points when nothing is killed."""
    up = Up(folder / "undisturbed", folder / "undisturbed.log").start()
    assert all(up.upload(film) for film in made)
    assert set(up.settled(len(made)).values()) == {"indexed"}
    assert up.stop() == 0
    return up.points()


def kill_one(pids: set[int], luck: random.Random) -> None:
    """SIGKILL to a compute child, to a helper, or to the broker."""
    with suppress(ProcessLookupError):
        os.kill(luck.choice(sorted(pids)), signal.SIGKILL)
