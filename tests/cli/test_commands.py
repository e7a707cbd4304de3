"""The other commands: what they print, and how they end."""

import json
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from rushes_cli.main import COMMANDS as COMMANDS_TABLE
from rushes_cli.main import load_command, main
from rushes_schemas.events import Transcript, Word
from rushes_schemas.index import StageEntry

from .conftest import ID, Rushes
from .instance import Instance, record

CAT = Path(__file__).parents[1] / "models" / "data" / "cat.jpg"

OPERATING = ("edit", "delete", "export", "import", "reindex", "replay")
COMMANDS = ("up", "add", "status", "search", "transcript", "doctor", *OPERATING)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(rushes: Rushes, command: str) -> None:
    said = rushes(command, "--help")
    assert (
        said.code == 0
        and "Example" in said.out
        and f"rushes {'doctor' if command == 'doctor' else command}" in said.out
    )


def test_help_loads_nothing_heavy() -> None:
    heavy = "{'httpx', 'pydantic', 'av', 'torch', 'onnxruntime', 'faststream', 'qdrant_client', 'rushes_ingest'}"
    code = f"import sys, rushes_cli.main as m; m.main(['--help']); print({heavy} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.endswith("set()\n")


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("nope",), 2, "nope"),
        (("search",), 2, "nothing to search for"),
        (("search", "a", "--limit", "0"), 2, "--limit"),
        (("search", "--image", "nowhere.jpg"), 2, "nowhere.jpg"),
        (("search", "a", "--from", "soon"), 2, "--from 1:30"),
        (("search", "a", "--weight", "sound=2"), 2, "--weight visual=2"),
        (("search", "a", "--metadata", "camera"), 2, "--metadata camera=B"),
        (("search", "a", "--since", "soon"), 2, "--since"),
        (("search", "a", "--language", "english!"), 2, "--language en"),
        (("transcript",), 2, "video_id"),
        (("transcript", ID, "--format", "doc"), 2, "--format"),
        (("transcript", ID), 1, f"There is no video '{ID}'."),
        (("status", ID), 1, f"There is no video '{ID}'."),
    ],
)
def test_what_is_wrong_is_one_line(rushes: Rushes, arguments: tuple[str, ...], code: int, line: str) -> None:
    said = rushes(*arguments)
    assert said.code == code and line in said.err and said.err.count("\n") == 1 and said.out == ""


@pytest.mark.parametrize("arguments", [("status",), ("search", "a"), ("transcript", ID)])
def test_an_instance_that_is_not_there_is_one_line(rushes: Rushes, nobody: str, arguments: tuple[str, ...]) -> None:
    said = rushes(*arguments)
    assert said.code == 1
    assert said.err == f"no rushes answers at {nobody}: start one with `rushes up`, or set RUSHES_URL\n"


def test_status_lists_the_videos_and_the_ledger_of_those_that_are_worked_on(rushes: Rushes, instance: Instance) -> None:
    assert "no videos yet" in rushes("status").out
    instance.knows(record(ID, "processing"))
    assert "asr 1/2" in rushes("status").out
    [listed] = json.loads(rushes("status", "--json").out)
    assert listed["status"] == "processing" and "segments" not in listed


def test_status_of_one_video_is_its_ledger(rushes: Rushes, instance: Instance) -> None:
    instance.knows(record(ID))
    assert "embed" in rushes("status", ID).out
    assert json.loads(rushes("status", ID, "--json").out) == answered(instance, f"/v1/videos/{ID}")


def answered(instance: Instance, path: str, **params: Any) -> Any:
    """What the instance answers to anybody."""
    return httpx.get(instance.url + path, params=params, trust_env=False).raise_for_status().json()


NARROWED = [
    *("--from", "1:30", "--max-length", "1:02:03.5", "--since", "2026-11-01", "--metadata", "camera=B=1"),
    *("--no-speech", "--per-video", "2", "--weight", "visual=0"),
]
COUNTRY = "ask not what your country can do for you"


def test_search_passes_on_what_narrows_it_and_shows_whole_links(rushes: Rushes, instance: Instance) -> None:
    film = record(ID)
    instance.knows(film)
    instance.shows(film, COUNTRY, 9_280, 16_500)
    instance.shows(film, "of another country", 60_000, 70_000)
    said = rushes("search", "ask", "not", "--video", ID, "--language", "en", "--limit", "3", *NARROWED)
    narrowed = {"from_ms": "90000", "max_duration_ms": "3723500", "metadata": "camera=B=1", "speech": "false"}
    narrowed |= {"added_from": datetime(2026, 11, 1).astimezone().isoformat()}
    narrowed |= {"per_video": "2", "visual_weight": "0.0"}
    asked = [each.params for each in instance.asked if each.path == "/v1/search"]
    assert asked == [{"q": "ask not", "video_id": ID, "language": "en", "limit": "3"} | narrowed]
    assert said.code == 0 and "nothing found" in said.out
    [first] = answered(instance, "/v1/search", q="country", limit=1)["moments"]
    said = rushes("search", "country", "--limit", "1")
    assert f"    {instance.url}{first['media_url']}\n" in said.out and first["text"] in said.out
    page = json.loads(rushes("search", "country", "--limit", "1", "--json").out)
    assert page["moments"] == [first]
    rest = json.loads(rushes("search", "country", "--limit", "1", "--cursor", page["next_cursor"], "--json").out)
    assert first not in rest["moments"]
    assert instance.asked[-1].params["cursor"] == page["next_cursor"]
    assert rushes("search", "country", "--cursor", "page2").code == 1


def test_search_by_picture_sends_it(rushes: Rushes, instance: Instance, tmp_path: Path) -> None:
    image = tmp_path / "cat.jpg"
    image.write_bytes(b"jpeg")
    assert rushes("search", "--image", str(image)).code == 1  # so the instance has looked at what was sent
    shutil.copy(CAT, image)
    assert "nothing found" in rushes("search", "--image", str(image)).out
    instance.knows(record(ID))
    instance.shows(record(ID), "a cat", 9_280, 16_500)
    assert "A film" in rushes("search", "--image", str(image)).out
    assert {(asked.method, asked.path) for asked in instance.asked} >= {("POST", "/v1/search")}


def test_a_transcript_is_printed_as_the_instance_writes_it(rushes: Rushes, instance: Instance) -> None:
    words = (Word(start_ms=100, end_ms=500, text="Hello", probability=0.9),)
    heard = Transcript(status="ok", language="en", words=words).model_dump_json().encode()
    done = StageEntry(status="done", at=1, artefact_uri=f"blob:videos/{ID}/0/asr-r.json")
    instance.now(instance.platform.blobs.put(f"videos/{ID}/0/asr-r.json", heard))
    instance.knows(record(ID, segments={"0": {"asr": done}}), record(f"0{ID[1:]}", "processing"))
    assert rushes("transcript", ID, "--format", "srt").out == "1\n00:00:00,100 --> 00:00:01,100\nHello\n"
    assert json.loads(rushes("transcript", ID, "--format", "json").out)["video_id"] == ID
    assert "no words are known" in rushes("transcript", f"0{ID[1:]}").err


def test_up_passes_on_its_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[tuple[Path, str | None, int, int, bool]] = []
    monkeypatch.setattr("rushes_cli.commands.up.run", lambda *call: calls.append(call))
    assert main(["up", "--data", str(tmp_path), "--port", "1234"]) == 0
    assert calls == [(tmp_path, None, 1234, 8090, False)]


@pytest.mark.parametrize("name", COMMANDS_TABLE)
def test_the_summary_of_each_command_is_that_of_its_own_help(name: str) -> None:
    assert (load_command(name).help or "").split("\n\n")[0].replace("\n", " ").strip() == COMMANDS_TABLE[name].summary


def test_a_command_loads_its_own_module_alone() -> None:
    code = "import sys, rushes_cli.main as m; m.main(['status', '--help'])"
    code += "; print([name for name in sys.modules if name.startswith('rushes_cli.commands.')])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.endswith("['rushes_cli.commands.videos']\n")
