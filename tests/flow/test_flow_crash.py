"""`rushes up` killed, stopped, started again, started twice."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from rushes_testing.process import left_over

from .instance import EXAMPLES, Instance, said

pytestmark = pytest.mark.timeout(240)

FILMS = [str(EXAMPLES / name) for name in ("sonnet-at-night.mp4", "silent-postcards.mp4", "persuasion-es.mp4")]


async def test_killed_in_the_middle_of_three_videos_it_finishes_them_and_nothing_twice(data: Path) -> None:
    instance = Instance(data).start()
    ids = [video["video_id"] for video in said(instance.run("add", *FILMS, "--json"))]
    async with instance.events("video-progress") as events:
        await events.until(lambda read: any(b'"stage":"asr"' in value for value, _ in read))
    before = instance.descendants()
    instance.kill()
    assert not left_over(before)

    instance.start()
    finished = said(instance.run("add", *FILMS, "--wait", "--json"))
    assert {video["video_id"]: video["status"] for video in finished} == dict.fromkeys(ids, "indexed")
    for video_id in ids:
        scenes: list[Any] = instance.get(f"/v1/videos/{video_id}/scenes", limit=100)["scenes"]
        times = [(scene["start_ms"], scene["end_ms"]) for scene in scenes]
        assert len(set(times)) == len(times) == instance.get(f"/v1/videos/{video_id}")["points"]
    assert instance.stop() == 0


async def test_started_again_without_being_asked_it_goes_on(data: Path) -> None:
    instance = Instance(data).start()
    [video] = said(instance.run("add", FILMS[0], "--json"))
    async with instance.events("segment-planned") as events:
        await events.until(bool)
    instance.kill()

    instance.start()
    async with instance.events("video-progress") as events:
        read = await events.until(lambda read: any(json.loads(value)["stage"] == "embed" for value, _ in read))
    assert {json.loads(value)["video_id"] for value, _ in read} == {video["video_id"]}
    assert instance.stop() == 0


def test_stopped_it_leaves_no_process_and_started_again_it_knows_everything(data: Path) -> None:
    instance = Instance(data).start()
    said(instance.run("add", str(EXAMPLES / "uneven-clock.mp4"), "--title", "Uneven", "--wait", "--json"))
    shown = said(instance.run("status", "--json"))
    below = instance.descendants()
    assert below
    assert instance.stop() == 0
    assert not left_over(below)

    instance.start()
    assert said(instance.run("status", "--json")) == shown
    assert said(instance.run("search", "ask not", "--json"))["moments"]
    assert instance.stop() == 0


def test_a_second_one_on_the_same_data_says_so_and_ends(data: Path) -> None:
    instance = Instance(data).start()
    second = instance.once_more()
    assert second.returncode == 1
    assert str(data) in second.stderr and "Traceback" not in second.stderr
    assert instance.stop() == 0


async def test_killed_broker_is_started_again_and_everything_ends_indexed(data: Path) -> None:
    instance = Instance(data).start()
    ids = [video["video_id"] for video in said(instance.run("add", *FILMS, "--json"))]
    async with instance.events("segment-transcribed") as events:
        await events.until(bool)
    [broker] = [pid for pid in instance.descendants() if "--kafka-listener-url" in _command(pid)]
    os.kill(broker, signal.SIGKILL)

    finished = said(instance.run("add", *FILMS, "--wait", "--json"))
    assert {video["video_id"]: video["status"] for video in finished} == dict.fromkeys(ids, "indexed")
    assert instance.stop() == 0


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()
