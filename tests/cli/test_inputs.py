"""Paths, folders and URIs are sorted out before anything is sent."""

import os
from pathlib import Path

import pytest

from rushes_cli.console import WrongUse
from rushes_cli.inputs import Bad, Input, Skipped, find
from rushes_cli.options import described


def touched(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_folder_gives_its_videos_by_name_at_any_depth_and_what_was_skipped(tmp_path: Path) -> None:
    touched(tmp_path, "b.MOV", "a.mp4", "notes.txt", "c/d.webm")
    found = list(find([str(tmp_path)]))
    assert [Path(item.name).name for item in found if isinstance(item, Input)] == ["a.mp4", "b.MOV", "d.webm"]
    assert [item.path.name for item in found if isinstance(item, Skipped)] == ["notes.txt"]


def test_a_file_that_is_named_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    touched(tmp_path, "holiday.bin")
    path = str(tmp_path / "holiday.bin")
    assert list(find([path])) == [Input(path, Path(path))]


@pytest.mark.parametrize("uri", ["s3://bucket/key.mp4", "https://example.org/a.mp4", "file:///footage/a.mp4"])
def test_a_uri_is_left_to_the_instance(uri: str) -> None:
    assert list(find([uri])) == [Input(uri)]


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "nowhere.mp4")
    assert list(find([path])) == [Bad(path, "there is no such file or folder")]


def test_a_folder_without_videos_says_so(tmp_path: Path) -> None:
    touched(tmp_path, "notes.txt")
    skipped, bad = find([str(tmp_path)])
    assert isinstance(skipped, Skipped)
    assert isinstance(bad, Bad) and bad.name == str(tmp_path) and "no file" in bad.reason


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    [bad] = find([str(tmp_path / "pipe.mp4")])
    assert isinstance(bad, Bad)


def test_descriptions_say_only_what_was_said() -> None:
    assert described(None, None, None, ()).as_json() == {}
    said = described("T", None, "pt-BR", ["camera=B", "note=a=b"])
    assert said.as_json() == {"title": "T", "language": "pt-BR", "metadata": {"camera": "B", "note": "a=b"}}
    assert said.as_text()["metadata"] == '{"camera": "B", "note": "a=b"}'


@pytest.mark.parametrize(("language", "metadata"), [("English", ()), (None, ["camera"]), (None, ["=B"])])
def test_malformed_descriptions_are_wrong_use(language: str | None, metadata: list[str]) -> None:
    with pytest.raises(WrongUse):
        described(None, None, language, metadata)
