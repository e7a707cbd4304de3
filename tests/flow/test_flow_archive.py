"""Exported, wiped, imported: found as before, and nothing made again."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from .instance import EXAMPLES, Instance, said

pytestmark = pytest.mark.timeout(300)

FILMS = ("cabinet-of-curiosities.mp4", "uneven-clock.mp4", "silent-postcards.mp4")
QUESTIONS = ("what your country can do for you", "a cat", "a temple", "a rocket", "una carta")


def answers(instance: Instance) -> list[Any]:
    """What is found, in which order, and why."""
    found = [instance.get("/v1/search", q=words)["moments"] for words in QUESTIONS]
    return [[(moment["scenes"], moment["text"], moment["title"]) for moment in moments] for moments in found]


def made(instance: Instance) -> list[Any]:
    """How long each stage took over what it made, of every video."""
    ids = sorted(video["video_id"] for video in said(instance.run("status", "--json")))
    return [
        [entry["elapsed_ms"] for segment in video["segments"] for entry in segment["stages"].values()]
        for video in (instance.get(f"/v1/videos/{id}") for id in ids)
    ]


@pytest.mark.all
def test_an_empty_installation_finds_what_the_one_before_it_found(data: Path, tmp_path: Path) -> None:
    films = [str(EXAMPLES / name) for name in FILMS]
    before = Instance(data).start()
    said(before.run("add", *films[:2], "--title", "A title", "--wait", "--json"))
    said(before.run("add", films[2], "--wait", "--json"))
    expected = answers(before)
    assert all(expected[:2])
    whole, bare = tmp_path / "whole.tar", tmp_path / "bare.tar.gz"
    assert before.run("export", "-o", str(whole)).returncode == 0
    assert before.run("export", "--no-source", "-o", str(bare)).returncode == 0
    listed = subprocess.run(["tar", "-tf", str(bare)], capture_output=True, text=True, check=True).stdout.split()
    assert len([name for name in listed if name.endswith("/source.json")]) == 3
    assert not [name for name in listed if name.endswith("/source")]
    assert before.stop() == 0

    for archive in (whole, bare):
        after = Instance(tmp_path / archive.stem).start()
        imported = said(after.run("import", str(archive), "--wait", "--json"))
        assert [video["status"] for video in imported] == ["indexed"] * 3
        assert answers(after) == expected
        assert {took for stages in made(after) for took in stages} == {None}, "nothing was made again"
        assert after.stop() == 0


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", "archive"), (b"this is no archive" * 100, "archive"), (None, "can't be read")],
    ids=["empty", "text", "missing"],
)
def test_what_is_no_archive_is_refused_in_one_line(
    instance: Instance, tmp_path: Path, content: bytes | None, line: str
) -> None:
    path = tmp_path / "archive.tar"
    if content is not None:
        path.write_bytes(content)
    result = instance.run("import", str(path))
    assert result.returncode in (1, 2) and line in result.stderr and result.stderr.count("\n") == 1
    unknown = instance.run("export", "nonsense", "-o", str(tmp_path / "a.tar"))
    assert unknown.returncode == 1 and "There is no video 'nonsense'" in unknown.stderr
    assert not list(tmp_path.glob("a.tar*"))
