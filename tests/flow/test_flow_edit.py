"""What is said of a video, corrected: found by the new words within seconds, by the old ones no longer."""

import shutil
from pathlib import Path

import pytest

from .instance import EXAMPLES, Instance, said

pytestmark = pytest.mark.timeout(240)


def titles(instance: Instance, words: str, video_id: str) -> list[str]:
    """The words of the scenes of a video that are found by these very words."""
    moments = instance.get("/v1/search", q=words, video_id=video_id)["moments"]
    return [moment["text"] for moment in moments if any(why["leg"] == "lexical" for why in moment["why"])]


def test_a_new_title_is_found_and_the_old_one_no_longer(instance: Instance, tmp_path: Path) -> None:
    film = shutil.copy(EXAMPLES / "silent-postcards.mp4", tmp_path / "postcards.mp4")
    [added] = said(instance.run("add", str(film), "--title", "Zanzibar", "--metadata", "camera=B", "--wait", "--json"))
    video_id = added["video_id"]
    assert titles(instance, "zanzibar", video_id)
    before = instance.get(f"/v1/videos/{video_id}")

    edited = instance.run("edit", video_id, "--title", "Reykjavik", "--clear", "metadata", "--wait", "--json")
    assert said(edited)[0]["status"] == "indexed"
    assert set(titles(instance, "reykjavik", video_id)) == {"Reykjavik"}
    assert titles(instance, "zanzibar", video_id) == []
    after = instance.get(f"/v1/videos/{video_id}")
    assert after["title"] == "Reykjavik" and after["metadata"] == {} and after["points"] == before["points"]
    stages = [video["segments"][0]["stages"] for video in (before, after)]
    took = [[stage.get(name, {}).get("elapsed_ms") for name in ("asr", "scenes", "embed")] for stage in stages]
    assert took[1] in (took[0], [*took[0][:2], None]), "nothing was transcribed, decoded or seen again"


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("00000000-0000-0000-0000-000000000000", "--title", "T"), 1, "There is no video"),
        (("nonsense", "--title", "T"), 1, "There is no video 'nonsense'"),
        (("nonsense",), 2, "nothing to change"),
        (("nonsense", "--title", "T", "--clear", "title"), 2, "title is given and cleared"),
    ],
)
def test_what_can_not_be_corrected_is_one_line(
    instance: Instance, arguments: tuple[str, ...], code: int, line: str
) -> None:
    result = instance.run("edit", *arguments)
    assert result.returncode == code and line in result.stderr and result.stderr.count("\n") == 1
