"""Files are written whole or not at all, and are on the disk when the call returns."""

import os
from pathlib import Path
from typing import Any

import pytest

from rushes_runtime import atomic_files
from rushes_runtime.atomic_files import move_synced, write_whole
from rushes_runtime.blobs import Blobs


class Calls:
    """What is asked of the system, in order, and the file that each is about."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[str, str]] = []
        fsync, replace = os.fsync, Path.replace

        def synced(descriptor: int) -> None:
            self.seen.append(("fsync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
            fsync(descriptor)

        def replaced(path: Path, target: Any) -> Path:
            self.seen.append(("rename", str(target)))
            return replace(path, target)

        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(Path, "replace", replaced)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


async def test_a_blob_is_flushed_then_named_then_its_folder_is_flushed(calls: Calls, tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    await blobs.put("videos/a/source.json", b"")
    for put in (blobs.put, lambda key, data: _now(blobs, key, data)):
        calls.seen.clear()
        await put("videos/a/source.json", b"{}")
        [(first, temporary), (second, target), (third, folder)] = calls.seen
        assert (first, second, third) == ("fsync", "rename", "fsync")
        assert temporary.startswith(str(tmp_path / "incoming"))
        assert (target, folder) == (str(tmp_path / "videos/a/source.json"), str(tmp_path / "videos/a"))
    assert list((tmp_path / "incoming").iterdir()) == []


async def _now(blobs: Blobs, key: str, data: bytes) -> None:
    blobs.put_now(key, data)


async def test_new_folders_are_flushed_too(calls: Calls, tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b" / "c.json", b"{}")
    synced = {path for call, path in calls.seen if call == "fsync"}
    assert {str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b")} <= synced


async def test_media_are_flushed_before_they_get_their_name(calls: Calls, tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    await blobs.put("incoming/x", b"film")
    calls.seen.clear()
    await blobs.rename("incoming/x", "videos/a/source")
    names = [(call, path.removeprefix(str(tmp_path))) for call, path in calls.seen]
    assert names.index(("fsync", "/incoming/x")) < names.index(("rename", "/videos/a/source"))
    assert names.index(("rename", "/videos/a/source")) < names.index(("fsync", "/videos/a"))


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_what_fails_leaves_the_old_bytes_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "there.json"
    path.write_bytes(b"old")

    def fails(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[failing], fails)
    with pytest.raises(OSError, match="no space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_somebody_removes_meanwhile_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = atomic_files.make_folder
    removed: list[Path] = []

    def made_and_removed(folder: Path) -> None:
        make(folder)
        if folder.name == "b" and not removed:
            removed.append(folder)
            folder.rmdir()

    monkeypatch.setattr(atomic_files, "make_folder", made_and_removed)
    write_whole(tmp_path / "b" / "x", b"x", tmp_path / "incoming")
    (tmp_path / "y").write_bytes(b"y")
    move_synced(tmp_path / "y", tmp_path / "b" / "y")
    assert removed and {path.name for path in (tmp_path / "b").iterdir()} == {"x", "y"}


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        move_synced(tmp_path / "nothing", tmp_path / "target")
