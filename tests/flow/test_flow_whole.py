"""From a file to a found moment, through all services, the real broker, the real index and real models."""

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from .instance import EXAMPLES, Instance, said

pytestmark = pytest.mark.timeout(240)

CABINET = EXAMPLES / "cabinet-of-curiosities.mp4"
SILENT = EXAMPLES / "silent-postcards.mp4"


def added(instance: Instance, path: Path, *options: str) -> str:
    """Add a file and wait until it is indexed; its id."""
    result = said(instance.run("add", str(path), "--wait", "--json", *options))
    video_id: str = result[0]["video_id"]
    assert instance.get(f"/v1/videos/{video_id}")["status"] == "indexed"
    return video_id


def top(instance: Instance, words: str, **filters: Any) -> Any:
    """The best moment."""
    return instance.get("/v1/search", q=words, **filters)["moments"][0]


def test_spoken_words_and_seen_things_are_found_where_they_are(instance: Instance) -> None:
    video = added(instance, CABINET, "--title", "A cabinet of curiosities")
    # Another test's film may hold the same speech.
    spoken = top(instance, "what your country can do for you", video_id=video)
    assert spoken["video_id"] == video and spoken["start_ms"] < 18_300
    assert any(why["leg"] == "lexical" for why in spoken["why"])
    seen = top(instance, "a cat")
    assert seen["video_id"] == video and seen["start_ms"] <= 6_500 < seen["end_ms"] + 5_000
    assert any(why["leg"] == "visual" for why in seen["why"])
    assert seen["media_url"].split("#")[1].startswith("t=")
    picture = httpx.get(instance.url + seen["thumbnail_url"])
    assert picture.status_code == 200 and picture.content.startswith(b"\xff\xd8")


def test_the_same_bytes_under_another_name_are_the_same_video(instance: Instance, tmp_path: Path) -> None:
    video = added(instance, SILENT, "--title", "Silent postcards")
    first = instance.get(f"/v1/videos/{video}")
    again = shutil.copy(SILENT, tmp_path / "another-name.mp4")
    assert added(instance, Path(again)) == video
    second = instance.get(f"/v1/videos/{video}")
    assert second["points"] == first["points"]
    assert second["filename"] == first["filename"] and second["title"] == "Silent postcards"
    for stage in ("scenes", "embed"):
        assert elapsed(second, stage) == elapsed(first, stage)
    assert sum(item["video_id"] == video for item in instance.get("/v1/videos")["videos"]) == 1


def test_a_new_title_changes_the_text_of_silent_scenes_and_computes_nothing(instance: Instance) -> None:
    video = added(instance, SILENT, "--title", "Silent postcards")
    made = instance.get(f"/v1/videos/{video}")
    added(instance, SILENT, "--title", "Samoyeds in winter")
    scenes: list[Any] = instance.get(f"/v1/videos/{video}/scenes")["scenes"]
    assert {scene["text"] for scene in scenes} == {"Samoyeds in winter"}
    assert all(scene["fallback"] for scene in scenes)
    assert top(instance, "Samoyeds in winter")["video_id"] == video
    assert not instance.get("/v1/search", q="postcards", video_id=video)["moments"]
    record = instance.get(f"/v1/videos/{video}")
    assert record["title"] == "Samoyeds in winter" and record["points"] == len(scenes)
    assert elapsed(record, "scenes") == elapsed(made, "scenes")


def elapsed(record: Any, stage: str) -> int:
    """How long a stage took over the first segment; what it found done already does not change it."""
    took: int = record["segments"][0]["stages"][stage]["elapsed_ms"]
    return took
