"""Bad input is refused at the door, in one sentence that names it, and everything else goes on."""

import asyncio
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from rushes_schemas.ids import video_id
from rushes_testing.waiting import until

from .instance import EXAMPLES, Instance, said

pytestmark = pytest.mark.timeout(180)

GOOD = ("uneven-clock.mp4", "light-bulb-ja.mp4", "persuasion-es.mp4")


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder of files that are no videos."""
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "text.mp4").write_text("This is not a video.\n" * 100)
    (folder / "empty.mp4").touch()
    whole = (EXAMPLES / "silent-postcards.mp4").read_bytes()
    (folder / "truncated.mp4").write_bytes(whole[:3000])  # where its index is cut off: nothing decodes
    return folder


@pytest.mark.parametrize(
    ("name", "reason"), [("text.mp4", "not"), ("empty.mp4", "empty"), ("truncated.mp4", "truncated")]
)
def test_a_file_that_is_no_video_is_refused(instance: Instance, bad: Path, name: str, reason: str) -> None:
    result = instance.run("add", str(bad / name), "--wait")
    assert result.returncode == 1
    lines = [line for line in (result.stdout + result.stderr).splitlines() if name in line]
    assert any(reason in line.lower() for line in lines), result
    assert "Traceback" not in result.stderr


def test_a_missing_path_is_refused(instance: Instance, tmp_path: Path) -> None:
    result = instance.run("add", str(tmp_path / "nowhere.mp4"))
    assert result.returncode == 1 and "nowhere.mp4" in result.stderr


def test_the_good_files_of_a_folder_are_indexed_in_spite_of_the_bad(instance: Instance, bad: Path) -> None:
    (bad / "empty.mp4").unlink()
    for name in GOOD:
        shutil.copy(EXAMPLES / name, bad)
    result = instance.run("add", str(bad), "--wait", "--json")
    assert result.returncode == 1
    assert "text.mp4" in result.stderr + result.stdout and "truncated.mp4" in result.stderr + result.stdout
    listed = {video["filename"]: video["status"] for video in instance.get("/v1/videos", limit=100)["videos"]}
    assert {listed[name] for name in GOOD} == {"indexed"}


async def test_bad_events_become_dead_letters_and_a_good_one_among_them_is_indexed(
    instance: Instance, tmp_path: Path
) -> None:
    good = shutil.copy(EXAMPLES / "sonnet-at-night.mp4", tmp_path / "published.mp4")
    text = (f"This is not a video, but a secret of {tmp_path}.\n" * 100).encode()
    (tmp_path / "text.mp4").write_bytes(text)
    os.mkfifo(tmp_path / "fifo.mp4")
    await instance.publish(
        "video-uploaded",
        b"this is not JSON",
        b'{"title": "no uri"}',
        b'{"uri": "ftp://example.org/a.mp4"}',
        b'{"uri": "file:///nowhere/b.mp4"}',
        b'{"uri": "%s"}' % (tmp_path / "fifo.mp4").as_uri().encode(),
        b'{"uri": "%s", "title": "Text"}' % (tmp_path / "text.mp4").as_uri().encode(),
        b'{"uri": "%s", "title": "Published"}' % Path(good).as_uri().encode(),
    )
    letters = await asyncio.to_thread(until, lambda: _six_dead_letters(instance), 60)
    assert letters is not None
    reasons = sorted(letter["reason"] for letter in letters)
    assert reasons == ["not_a_video", "not_an_event", "not_an_event", "not_found", "scheme_not_allowed", "unreadable"]
    assert until(lambda: None if left_of(instance, text) else True, 10), "what is no video leaves no bytes behind"
    assert "this is not JSON" in [letter["value"] for letter in letters]
    async with instance.events("video-progress") as events:
        await events.until(lambda read: bool(read) and b'"Published"' in read[-1][0])
    shown = said(instance.run("status", "--json"))
    assert "text.mp4" in str([video for video in shown if video["status"] == "failed"])
    assert said(instance.run("add", str(good), "--wait", "--json"))[0]["status"] == "indexed"
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        archive = (await http.get(f"{instance.url}/v1/archive")).raise_for_status().content
    assert video_id(hashlib.sha256(text).hexdigest()) not in archive.decode("latin1")


def left_of(instance: Instance, data: bytes) -> list[Path]:
    """Files in the instance's folder that hold these bytes, and all that lies below their video's id."""
    id = video_id(hashlib.sha256(data).hexdigest())
    files = [path for path in (instance.data / "blobs").rglob("*") if path.is_file()]
    return [
        path for path in files if id in str(path) or (path.stat().st_size == len(data) and path.read_bytes() == data)
    ]


def _six_dead_letters(instance: Instance) -> list[Any] | None:
    letters = instance.get("/v1/dead-letters", service="ingest")["dead_letters"]
    return letters if len(letters) >= 6 else None
