"""The index rebuilt while it is searched, with the same models and with others; gone back to; and stages replayed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushes_runtime.blobs import Blobs

from ..lifecycle.seeds import SCENES, keyword, seed
from ..models.exported import write_model
from .instance import EXAMPLES, QUICK, Instance, said

pytestmark = pytest.mark.timeout(300)

SEEDS = 60
FILMS = ("uneven-clock.mp4", "silent-postcards.mp4")


def found(instance: Instance, words: str) -> list[Any]:
    """The moments, by what does not depend on the models."""
    return [(moment["video_id"], moment["start_ms"]) for moment in instance.get("/v1/search", q=words)["moments"]]


def took(instance: Instance, video_id: str) -> list[Any]:
    """What asr and scenes took over what they made."""
    segments = instance.get(f"/v1/videos/{video_id}")["segments"]
    return [segment["stages"][stage]["elapsed_ms"] for segment in segments for stage in ("asr", "scenes")]


@pytest.mark.all
def test_rebuilt_with_another_model_and_gone_back_to(data: Path, tmp_path: Path) -> None:
    instance = Instance(data).start()
    ids = [said(instance.run("add", str(EXAMPLES / name), "--wait", "--json"))[0]["video_id"] for name in FILMS]
    before, made = found(instance, "ask not"), [took(instance, id) for id in ids]
    write_model(tmp_path / "clip")
    clip = f"onnx-clip:{tmp_path / 'clip'}"

    state = said(instance.run("reindex", "--image-model", clip, "--json"))
    old, new = sorted(state["collections"], key=lambda each: each["searched"])
    assert state["status"] == "swapped" and old["points"] == new["points"] == state["total"] > 0
    assert new["made_with"]["image_text"] == clip and new["name"] != old["name"]
    assert before[0] in found(instance, "ask not")
    assert [took(instance, id) for id in ids] == made, "nothing was transcribed or decoded again"

    third = said(instance.run("add", str(EXAMPLES / "light-bulb-ja.mp4"), "--wait", "--json"))[0]["video_id"]
    state = said(instance.run("reindex", "--rollback", "--json"))
    assert [each["name"] for each in state["collections"] if each["searched"]] == [old["name"]]
    assert len({each["points"] for each in state["collections"]}) == 1, "what was new arrived in both"
    assert found(instance, "ask not")[0] == before[0]
    assert instance.get(f"/v1/videos/{third}/scenes")["scenes"]
    state = said(instance.run("reindex", "--drop-old", "--json"))
    assert [each["name"] for each in state["collections"]] == [old["name"]]

    again = said(instance.run("reindex", "--json"))  # of the same models
    assert {each["name"] for each in again["collections"]} == {old["name"], old["name"] + "-2"}
    assert found(instance, "ask not")[0] == before[0]
    said(instance.run("reindex", "--drop-old", "--json"))
    for stage, records in (("scenes", 3), ("asr", 3), ("ingest", 3)):
        assert said(instance.run("replay", "--from", stage, "--all", "--json")) == {
            "videos": 3,
            "events": records,
            "left_out": [],
        }
    assert instance.stop() == 0

    instance.start()
    assert found(instance, "ask not")[0] == before[0]
    assert instance.get("/v1/reindex")["status"] == "idle"
    assert instance.stop() == 0


@pytest.mark.all
async def test_killed_on_its_way_it_goes_on_when_it_is_begun_again(data: Path, tmp_path: Path) -> None:
    blobs = Blobs((data / "blobs").as_uri())
    for number in range(SEEDS):
        await seed(blobs, number, QUICK["RUSHES_ASR__MODEL"])
    write_model(tmp_path / "clip")
    clip = ("--image-model", f"onnx-clip:{tmp_path / 'clip'}")
    instance = Instance(data).start()
    until(lambda: searched(instance)["points"] == SEEDS * SCENES)
    for _ in range(2):
        began = instance.begin("reindex", *clip)
        until(lambda: any(0 < each["points"] < SEEDS * SCENES for each in collections(instance)))
        instance.kill()
        assert began.wait(60) == 1, "the command says that the instance is gone"
        instance.start()
        assert found(instance, keyword(3)), "the old index is searched"
    state = said(instance.run("reindex", *clip, "--json"))
    assert {each["points"] for each in state["collections"]} == {SEEDS * SCENES}
    assert searched(instance)["made_with"]["image_text"] == clip[1]
    assert found(instance, keyword(3))
    assert instance.stop() == 0


def collections(instance: Instance) -> Any:
    """What there is."""
    return instance.get("/v1/reindex")["collections"]


def searched(instance: Instance) -> Any:
    """The collection that is searched."""
    return next(each for each in collections(instance) if each["searched"])


def until(holds: Callable[[], bool], within_s: float = 200) -> None:
    """Look until it holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("reindex", "--image-model", "nonsense"), 1, "nonsense"),
        (("reindex", "--rollback"), 1, "one is needed"),
        (("reindex", "--rollback", "--drop-old"), 2, "give one of"),
        (("replay", "--from", "asr"), 2, "say which videos"),
        (("replay", "--from", "asr", "00000000-0000-0000-0000-000000000000"), 1, "nothing is stored of it"),
    ],
)
def test_what_can_not_be_rebuilt_is_one_line(
    instance: Instance, arguments: tuple[str, ...], code: int, line: str
) -> None:
    result = instance.run(*arguments)
    assert result.returncode == code and line in result.stderr and result.stderr.count("\n") == 1
