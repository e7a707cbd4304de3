"""Deleted in the middle of each stage and killed right after, started again: nothing of the video is left, and nothing
of another one is missing."""

import json
from pathlib import Path

import httpx
import pytest

from .instance import EXAMPLES, Instance, said
from .left_behind import traces

pytestmark = pytest.mark.timeout(240)

FILM, OTHER = EXAMPLES / "persuasion-es.mp4", EXAMPLES / "uneven-clock.mp4"
AT_WORK = {
    "ingest": "video-uploaded",
    "asr": "segment-planned",
    "scenes": "segment-transcribed",
    "embed": "scenes-detected",
}
"""Stage -> the topic whose record it has just been given."""


@pytest.mark.all
@pytest.mark.parametrize("stage", AT_WORK)
async def test_deleted_at_work_and_killed(data: Path, stage: str) -> None:
    instance = Instance(data).start()
    [other] = said(instance.run("add", str(OTHER), "--wait", "--json"))
    [film] = said(instance.run("add", str(FILM), "--json"))
    async with instance.events(AT_WORK[stage]) as events:
        await events.until(lambda read: any(film["video_id"].encode() in value for value, _ in read))
    async with httpx.AsyncClient(base_url=instance.url) as client:
        (await client.delete(f"/v1/videos/{film['video_id']}")).raise_for_status()
    instance.kill()

    instance.start()
    [deletion] = said(instance.run("delete", film["video_id"], "--json"))
    assert not any(deletion["left"].values())
    assert said(instance.run("status", other["video_id"], "--json"))["status"] == "indexed"
    assert said(instance.run("search", "ask not", "--json"))["moments"]
    assert instance.stop() == 0
    assert await traces(data, film["video_id"]) == []
    assert await traces(data, other["video_id"])


async def test_what_arrives_after_the_deletion_is_dropped_and_the_same_bytes_can_be_added_again(data: Path) -> None:
    instance = Instance(data).start()
    [film] = said(instance.run("add", str(FILM), "--title", "Before", "--wait", "--json"))
    video_id = film["video_id"]
    found = said(instance.run("search", "tango", "--json"))
    [deletion] = said(instance.run("delete", video_id, "--json"))
    assert {"upload", "ingest", "asr", "scenes", "embed", "points", "catalog"} <= set(deletion["found"])
    assert deletion["left"] == dict.fromkeys(deletion["found"], 0)
    assert "nothing was there" in instance.run("delete", video_id).stdout
    assert said(instance.run("status", "--json")) == []

    # Every record of its life comes once more, as after a lost commit.
    for topic in (*AT_WORK.values(), "video-progress"):
        async with instance.events(topic) as events:
            read = await events.until(lambda read: any(video_id.encode() in value for value, _ in read))
        await instance.publish(topic, *(value for value, _ in read))
    [other] = said(instance.run("add", str(OTHER), "--wait", "--json"))
    assert [video["video_id"] for video in said(instance.run("status", "--json"))] == [other["video_id"]]

    assert said(instance.run("add", str(FILM), "--wait", "--json"))[0]["status"] == "indexed"
    assert instance.get(f"/v1/videos/{video_id}")["title"] == FILM.name
    again = said(instance.run("search", "tango", "--json"))
    assert [moment["start_ms"] for moment in again["moments"]] == [moment["start_ms"] for moment in found["moments"]]
    said(instance.run("delete", video_id, "--json"))
    assert instance.stop() == 0
    assert await traces(data, video_id) == []


def test_an_id_that_is_none_is_refused_in_one_line(instance: Instance) -> None:
    result = instance.run("delete", "nonsense")
    assert result.returncode == 1 and "nonsense" in result.stderr and result.stderr.count("\n") == 1
    assert json.loads(instance.run("delete", "0" * 8 + "-0000-0000-0000-" + "0" * 12, "--json").stdout)
