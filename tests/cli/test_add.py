"""`rushes add`, as a person uses it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from rushes_cli.adding import watch
from rushes_client import AsyncClient
from rushes_schemas.api import Accepted, VideoDetail

from .conftest import Rushes
from .fake import ID, Fake, detail, entry


def test_an_accepted_file_says_how_to_look_for_it(rushes: Rushes, fake: Fake, film: Path) -> None:
    said = rushes("add", str(film), "--title", "T", "--metadata", "camera=B", "--metadata", "take=3")
    assert said.code == 0 and said.err == ""
    assert said.out == f"{film}: accepted; see `rushes status {ID}`\n"
    assert fake.uploads[0]["title"] == "T"
    assert json.loads(fake.uploads[0]["metadata"]) == {"camera": "B", "take": "3"}


def test_json_is_all_that_stdout_gets(rushes: Rushes, film: Path) -> None:
    said = rushes("add", str(film), "--json")
    assert json.loads(said.out) == [
        {
            "input": str(film),
            "status": "accepted",
            "reason": None,
            "video_id": ID,
            "status_url": f"/v1/videos/{ID}",
        }
    ]


def test_a_refused_one_is_told_in_one_line_and_the_rest_goes_on(rushes: Rushes, fake: Fake, tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4", "notes.txt"):
        (tmp_path / name).write_text(name)
    fake.refusals["b.mp4"] = "b.mp4 is not a video: it is text"
    said = rushes("add", str(tmp_path), str(tmp_path / "nowhere.mp4"), "--json")
    assert said.code == 1
    assert [item["status"] for item in json.loads(said.out)] == ["accepted", "refused", "accepted", "refused"]
    skipped, refused, missing = said.err.splitlines()
    assert "notes.txt: skipped" in skipped
    assert refused == f"{tmp_path / 'b.mp4'}: b.mp4 is not a video: it is text"
    assert missing == f"{tmp_path / 'nowhere.mp4'}: there is no such file or folder"


def test_an_unreadable_file_is_refused(rushes: Rushes, fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere")
    said = rushes("add", str(tmp_path))
    assert said.code == 1 and "gone.mp4: the file can't be read: No such file" in said.err
    assert not fake.uploads


def test_waiting_ends_when_the_video_is_indexed(rushes: Rushes, fake: Fake, film: Path) -> None:
    fake.videos[ID] = [detail("processing", segment_count=None, ingest=None), detail("processing"), detail()]
    said = rushes("add", str(film), "--wait")
    assert said.code == 0
    assert said.out == f"{film}: indexed, 13 scenes, 1:16, {ID}\n"


def test_waiting_tells_why_a_video_failed(rushes: Rushes, fake: Fake, film: Path) -> None:
    fake.videos[ID] = [detail("failed", ingest=entry("failed", "truncated: nothing in it decodes"))]
    said = rushes("add", str(film), "--wait", "--json")
    assert said.code == 1
    assert json.loads(said.out)[0]["reason"] == "truncated: nothing in it decodes"
    assert said.err == f"{film}: failed: truncated: nothing in it decodes (see `rushes status {ID}`)\n"


def test_a_degraded_video_can_be_searched_and_says_what_is_missing(rushes: Rushes, fake: Fake, film: Path) -> None:
    fake.videos[ID] = [detail("degraded", reason="segment 0, asr: no words")]
    said = rushes("add", str(film), "--wait")
    assert said.code == 0 and "degraded (segment 0, asr: no words)" in said.out


def test_waiting_for_a_uri_asks_the_catalog_for_it(rushes: Rushes, fake: Fake) -> None:
    fake.videos[ID] = [detail()]
    fake.uris["s3://bucket/key"] = ID
    said = rushes("add", "s3://bucket/key", "--wait", "--json")
    assert said.code == 0
    assert [(item["status"], item["video_id"]) for item in json.loads(said.out)] == [("indexed", ID)]


async def test_what_is_down_for_a_while_and_what_is_not_known_yet_is_waited_for(fake: Fake) -> None:
    accepted = [("film.mp4", Accepted(video_id=ID, status_url="")), ("s3://b/k", Accepted(status_url=""))]
    fake.down = 4
    shown: list[list[str | None]] = []

    def show(videos: Sequence[VideoDetail | None]) -> None:
        shown.append([video.status if video else None for video in videos])
        fake.videos.setdefault(ID, [detail("processing"), detail("processing"), detail()])
        fake.uris["s3://b/k"] = ID

    async with AsyncClient(fake.url, retries=1) as client:
        settled = await watch(client, accepted, show)
    assert [video.status for video in settled if video] == ["indexed", "indexed"]
    assert shown[0] == [None, None] and ["processing", None] in shown and shown[-1] == ["indexed", "indexed"]


def test_nobody_there_is_one_line_and_stdout_is_json_all_the_same(rushes: Rushes, nobody: str, film: Path) -> None:
    said = rushes("add", str(film), "--json")
    assert said.code == 1 and json.loads(said.out) == []
    assert said.err == f"no rushes answers at {nobody}: start one with `rushes up`, or set RUSHES_URL\n"


@pytest.mark.parametrize("options", [("--metadata", "camera"), ("--language", "English")])
def test_malformed_options_are_wrong_use_and_nothing_is_sent(
    rushes: Rushes, fake: Fake, film: Path, options: tuple[str, ...]
) -> None:
    said = rushes("add", str(film), *options)
    assert said.code == 2 and options[1] in said.err and said.err.count("\n") == 1
    assert not fake.uploads
