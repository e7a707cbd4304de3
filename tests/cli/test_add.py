"""`rushes add`, as a person uses it."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from rushes_cli.adding import watch
from rushes_client import AsyncClient
from rushes_runtime.bus.progress import stumbled
from rushes_runtime.record_context import Subject
from rushes_schemas.api import Accepted, VideoDetail
from rushes_schemas.events import VideoProgress, VideoUploaded
from rushes_schemas.ids import provisional_id
from rushes_schemas.index import StageEntry, VideoRecord

from .conftest import FILM, ID, Rushes
from .instance import Instance, record, video_of

URI = "s3://bucket/key"


def fetched(event: VideoUploaded) -> VideoProgress:
    """What ingest says once it has fetched and planned what was accepted."""
    return VideoProgress(
        video_id=ID, stage="ingest", status="done", at=event.accepted_at or 0, video=video_of(ID), source=event
    )


def indexed(event: VideoUploaded, **facts: object) -> VideoRecord:
    """The record of what was accepted, once all is done."""
    uris = () if event.uri.startswith("blob:") else (event.uri,)
    return record(ID, at=event.accepted_at, uris=uris, **facts)


def test_an_accepted_file_says_how_to_look_for_it(rushes: Rushes, instance: Instance, film: Path) -> None:
    said = rushes("add", str(film), "--title", "T", "--metadata", "camera=B", "--metadata", "take=3")
    assert said.code == 0 and said.err == ""
    assert said.out == f"{film}: accepted; see `rushes status {ID}`\n"
    [event] = instance.published
    assert (event.title, event.filename, event.metadata) == ("T", "film.mp4", {"camera": "B", "take": "3"})


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


def test_a_refused_one_is_told_in_one_line_and_the_rest_goes_on(
    rushes: Rushes, instance: Instance, tmp_path: Path
) -> None:
    for name in ("a.mp4", "c.mp4"):
        shutil.copy(FILM, tmp_path / name)
    for name in ("b.mp4", "notes.txt"):
        (tmp_path / name).write_text(name)
    files = {"file": ("b.mp4", (tmp_path / "b.mp4").read_bytes())}
    sentence = httpx.post(f"{instance.url}/v1/uploads", files=files, trust_env=False).json()["detail"]
    said = rushes("add", str(tmp_path), str(tmp_path / "nowhere.mp4"), "--json")
    assert said.code == 1
    assert [item["status"] for item in json.loads(said.out)] == ["accepted", "refused", "accepted", "refused"]
    skipped, refused, missing = said.err.splitlines()
    assert "notes.txt: skipped" in skipped
    assert refused == f"{tmp_path / 'b.mp4'}: {sentence}" and "b.mp4" in sentence
    assert missing == f"{tmp_path / 'nowhere.mp4'}: there is no such file or folder"


def test_an_unreadable_file_is_refused(rushes: Rushes, instance: Instance, tmp_path: Path) -> None:
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere")
    said = rushes("add", str(tmp_path))
    assert said.code == 1 and "gone.mp4: the file can't be read: No such file" in said.err
    assert not instance.published


def test_waiting_ends_when_the_video_is_indexed(rushes: Rushes, instance: Instance, film: Path) -> None:
    instance.then = lambda event: [
        indexed(event, status="processing", video=None, ingest=None, segments={}),
        indexed(event, status="processing"),
        indexed(event),
    ]
    said = rushes("add", str(film), "--wait")
    assert said.code == 0
    assert said.out == f"{film}: indexed, 13 scenes, 1:16, {ID}\n"


def test_waiting_tells_why_a_video_failed(rushes: Rushes, instance: Instance, film: Path) -> None:
    why = "truncated: nothing in it decodes"
    instance.then = lambda event: [
        indexed(
            event,
            status="failed",
            ingest=StageEntry(status="failed", reason=why, at=event.accepted_at or 0),
            video=None,
        )
    ]
    said = rushes("add", str(film), "--wait", "--json")
    assert said.code == 1
    assert json.loads(said.out)[0]["reason"] == why
    assert said.err == f"{film}: failed: {why} (see `rushes status {ID}`)\n"


def test_a_degraded_video_can_be_searched_and_says_what_is_missing(
    rushes: Rushes, instance: Instance, film: Path
) -> None:
    instance.then = lambda event: [indexed(event, status="degraded", reason="segment 0, asr: no words")]
    said = rushes("add", str(film), "--wait")
    assert said.code == 0 and "degraded (segment 0, asr: no words)" in said.out


def test_waiting_for_a_uri_asks_the_catalog_for_it(rushes: Rushes, instance: Instance) -> None:
    instance.then = lambda event: [fetched(event), indexed(event)]
    said = rushes("add", URI, "--wait", "--json")
    assert said.code == 0
    assert [(item["status"], item["video_id"]) for item in json.loads(said.out)] == [("indexed", ID)]


def test_waiting_for_a_uri_of_a_video_that_is_known_waits_for_what_was_accepted_now(
    rushes: Rushes, instance: Instance
) -> None:
    instance.knows(record(ID, uris=(URI,), reason="of long ago"))
    instance.then = lambda event: [fetched(event), indexed(event)]
    said = rushes("add", URI, "--wait", "--json")
    assert [(item["status"], item["reason"]) for item in json.loads(said.out)] == [("indexed", None)]


def test_waiting_for_a_uri_that_can_not_be_fetched_ends_and_says_why(rushes: Rushes, instance: Instance) -> None:
    def failed(event: VideoUploaded) -> list[VideoProgress]:
        subject = Subject(provisional_id(event.uri))
        told = [
            stumbled("ingest", status, event, subject, f"not_found: there is no object {event.uri}")
            for status in ("retrying", "failed")
        ]
        return [one for one in told if one]

    instance.then = failed
    said = rushes("add", URI, "--wait", "--json")
    assert said.code == 1
    [outcome] = json.loads(said.out)
    assert (outcome["status"], outcome["reason"]) == ("failed", f"not_found: there is no object {URI}")
    assert outcome["video_id"] == provisional_id(URI)
    assert f"not_found: there is no object {URI}" in rushes("status").out
    assert URI in rushes("status", provisional_id(URI)).out


async def test_what_is_down_for_a_while_and_what_is_not_known_yet_is_waited_for(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rushes_cli.adding.POLL_S", 0)
    accepted = [("film.mp4", Accepted(video_id=ID, status_url="")), (URI, Accepted(status_url=""))]
    instance.index.down = 4
    shown: list[list[str | None]] = []

    def show(videos: Sequence[VideoDetail | None]) -> None:
        shown.append([video.status if video else None for video in videos])
        if len(shown) == 1:  # once: a pipeline that began again would hide the URI from who waits for it
            instance.index.pipeline = [
                record(ID, "processing"),
                record(ID, "processing", points=1),
                record(ID, uris=(URI,)),
            ]

    async with AsyncClient(instance.url, retries=1) as client:
        settled = await watch(client, accepted, show)
    assert [video.status for video in settled if video] == ["indexed", "indexed"]
    assert shown[0] == [None, None] and ["processing", None] in shown and shown[-1] == ["indexed", "indexed"]


async def test_uri_that_is_deleted_before_it_is_fetched_is_waited_for_no_longer(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rushes_cli.adding.POLL_S", 0)
    shown: list[str | None] = []

    def show(videos: Sequence[VideoDetail | None]) -> None:
        shown.append(videos[0].status if videos[0] else None)
        if shown == [None, "processing"]:
            instance.reset()  # nothing is known any more, as after the deletion

    async with AsyncClient(instance.url) as client:
        answer = await client.upload_from_uri(URI)
        assert await watch(client, [(URI, answer)], show) == [None]


def test_nobody_there_is_one_line_and_stdout_is_json_all_the_same(rushes: Rushes, nobody: str, film: Path) -> None:
    said = rushes("add", str(film), "--json")
    assert said.code == 1 and json.loads(said.out) == []
    assert said.err == f"no rushes answers at {nobody}: start one with `rushes up`, or set RUSHES_URL\n"


@pytest.mark.parametrize("options", [("--metadata", "camera"), ("--language", "English")])
def test_malformed_options_are_wrong_use_and_nothing_is_sent(
    rushes: Rushes, instance: Instance, film: Path, options: tuple[str, ...]
) -> None:
    said = rushes("add", str(film), *options)
    assert said.code == 2 and options[1] in said.err and said.err.count("\n") == 1
    assert not instance.published and not instance.asked
