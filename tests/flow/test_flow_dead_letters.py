"""What could not be done, in an embedded installation: listed, kept over kill -9, replayed, discarded."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rushes_testing.waiting import until

from .instance import EXAMPLES, Instance, said

pytestmark = pytest.mark.timeout(240)


def test_uri_that_can_not_be_fetched_is_listed_and_kept_over_a_restart_and_replayed(data: Path, tmp_path: Path) -> None:
    film, other = (tmp_path / "later.mp4").as_uri(), (tmp_path / "never.mp4").as_uri()
    instance = Instance(data).start()
    added = instance.run("add", film, other, "--wait", "--json")
    assert added.returncode == 1
    first, second = json.loads(added.stdout)
    assert (first["status"], second["status"]) == ("failed", "failed") and "there is no file" in first["reason"]
    before = instance.get("/v1/dead-letters")
    instance.kill()

    instance.start()
    assert instance.get("/v1/dead-letters") == before and before["total"] == 2
    assert {video["uri"] for video in instance.get("/v1/videos", status="failed")["videos"]} == {film, other}
    assert {video["title"] for video in said(instance.run("status", "--json"))} == {film, other}
    shutil.copy(EXAMPLES / "uneven-clock.mp4", tmp_path / "later.mp4")
    letter = next(each for each in before["dead_letters"] if film in each["value"])
    assert said(instance.run("dead", "replay", letter["id"], "--json"))["count"] == 1
    assert until(lambda: _indexed(instance, film), within_s=120)
    assert said(instance.run("dead", "discard", "--all", "--json"))["count"] == 1
    assert instance.get("/v1/dead-letters")["total"] == 0
    assert instance.run("delete", second["video_id"]).returncode == 0
    assert until(lambda: instance.get("/v1/videos", uri=other)["videos"] == [] or None, within_s=30)
    assert [video["uri"] for video in instance.get("/v1/videos")["videos"]] == [film]
    assert instance.stop() == 0


def test_waiting_for_a_uri_ends_once_its_video_is_indexed(instance: Instance, tmp_path: Path) -> None:
    film = Path(shutil.copy(EXAMPLES / "uneven-clock.mp4", tmp_path / "waited for.mp4")).as_uri()
    for _ in range(2):  # the second time it is there already
        [outcome] = said(instance.run("add", film, "--wait", "--json"))
        assert outcome["status"] == "indexed"
        [video] = instance.get("/v1/videos", uri=film)["videos"]
        assert (video["video_id"], video["provisional"]) == (outcome["video_id"], False)


def _indexed(instance: Instance, uri: str) -> list[Any] | None:
    videos = instance.get("/v1/videos", uri=uri)["videos"]
    return videos if [video["status"] for video in videos] == ["indexed"] else None
