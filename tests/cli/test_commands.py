"""The other commands: what they print, and how they end."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from rushes_cli.main import COMMANDS as COMMANDS_TABLE
from rushes_cli.main import load_command, main

from .conftest import Rushes
from .fake import ID, Fake, detail, found

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


def test_status_lists_the_videos_and_the_ledger_of_those_that_are_worked_on(rushes: Rushes, fake: Fake) -> None:
    assert "no videos yet" in rushes("status").out
    fake.videos[ID] = [detail("processing")]
    assert "asr 1/2" in rushes("status").out
    [listed] = json.loads(rushes("status", "--json").out)
    assert listed["status"] == "processing" and "segments" not in listed


def test_status_of_one_video_is_its_ledger(rushes: Rushes, fake: Fake) -> None:
    fake.videos[ID] = [detail()]
    assert "embed" in rushes("status", ID).out
    assert json.loads(rushes("status", ID, "--json").out) == detail().model_dump()


NARROWED = [
    *("--from", "1:30", "--max-length", "1:02:03.5", "--since", "2026-11-01", "--metadata", "camera=B=1"),
    *("--no-speech", "--per-video", "2", "--weight", "visual=0", "--cursor", "page2"),
]


def test_search_passes_on_what_narrows_it_and_shows_whole_links(rushes: Rushes, fake: Fake) -> None:
    fake.moments = [found()]
    said = rushes("search", "ask", "not", "--video", ID, "--language", "en", "--limit", "3", *NARROWED)
    narrowed = {"from_ms": "90000", "max_duration_ms": "3723500", "metadata": "camera=B=1", "speech": "false"}
    narrowed |= {"added_from": datetime(2026, 11, 1).astimezone().isoformat()}
    narrowed |= {"per_video": "2", "visual_weight": "0.0", "cursor": "page2"}
    assert fake.searches == [{"q": "ask not", "video_id": ID, "language": "en", "limit": "3"} | narrowed]
    assert f"    {fake.url}{found().media_url}\n" in said.out
    assert json.loads(rushes("search", "ask", "--json").out)["moments"] == [found().model_dump()]


def test_search_by_picture_sends_it(rushes: Rushes, fake: Fake, tmp_path: Path) -> None:
    image = tmp_path / "cat.jpg"
    image.write_bytes(b"jpeg")
    assert "nothing found" in rushes("search", "--image", str(image)).out
    assert fake.searches == [{"image": b"jpeg", "limit": "10"}]


def test_a_transcript_is_printed_as_the_instance_writes_it(rushes: Rushes, fake: Fake) -> None:
    fake.videos[ID] = [detail()]
    assert rushes("transcript", ID, "--format", "srt").out == "SRT of it\n"
    assert json.loads(rushes("transcript", ID, "--format", "json").out)["video_id"] == ID
    assert "no words are known" in rushes("transcript", ID).err


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
