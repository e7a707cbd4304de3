"""Segments that kill their compute child, among many that don't."""

from pathlib import Path

import pytest
from tests.cluster.films import EXAMPLES, stretch
from tests.flow.instance import Instance, said

pytestmark = [pytest.mark.all, pytest.mark.long, pytest.mark.timeout(600)]

REASONS = {"segfault.mp4": "child_died", "memory.mp4": "out_of_memory", "endless.mp4": "time_limit"}
SPANS = (("cabinet-of-curiosities.mp4", 76), ("sonnet-at-night.mp4", 36), ("silent-postcards.mp4", 31))
LENGTH_S = 4
SETTINGS = {
    "RUSHES_SCENES__TIME_LIMIT_S": "20",
    "RUSHES_SCENES__MEMORY_LIMIT": "16000000000",
    "RUSHES_FAILURES__MAX_COMPUTE_ATTEMPTS": "2",
    "RUSHES_FAILURES__RETRY_BASE_S": "0.1",
}


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder of thirty short films, three of them poisonous."""
    folder = tmp_path / "films"
    folder.mkdir()
    starts = [(name, start) for name, length in SPANS for start in range(0, length - LENGTH_S, LENGTH_S)]
    names = [*REASONS, *(f"film-{number}.mp4" for number in range(27))]
    for name, (source, start_s) in zip(names, starts, strict=False):
        stretch(EXAMPLES / source, start_s, start_s + LENGTH_S, folder / name)
    return folder


def test_poisonous_segments_cost_only_themselves(tmp_path: Path, films: Path) -> None:
    poison = tmp_path / "poison"
    poison.touch()
    instance = Instance(tmp_path / "data", "tests.faults.poison", TESTS_POISON=str(poison), **SETTINGS).start()
    count = len(list(films.iterdir()))

    instance.run("add", str(films), "--wait", "--json")
    videos = {video["filename"]: video for video in said(instance.run("status", "--json"))}
    assert len(videos) == count
    assert {name for name, video in videos.items() if video["status"] == "indexed"} == videos.keys() - REASONS.keys()
    letters = {each["video_id"]: each for each in said(instance.run("dead", "list", "--service", "scenes", "--json"))}
    assert {name: letters[videos[name]["video_id"]]["reason"] for name in REASONS} == REASONS
    assert {letter["attempts"] for letter in letters.values()} == {2}
    assert len(letters) == len(REASONS)

    instance.kill()
    instance.start()  # what was given up stays given up, and nothing of it is lost
    assert {each["id"] for each in said(instance.run("dead", "list", "--json"))} == {
        each["id"] for each in letters.values()
    }

    poison.unlink()
    assert said(instance.run("dead", "replay", "--service", "scenes", "--json"))["count"] == len(REASONS)
    instance.run("add", str(films), "--wait", "--json")
    assert {video["status"] for video in said(instance.run("status", "--json"))} == {"indexed"}
    assert said(instance.run("dead", "list", "--json")) == []
    assert instance.stop() == 0
