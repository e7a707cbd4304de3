"""Files that are written whole or not at all, and that a power cut does not take back.

A write goes to a temporary file of the same disk, is flushed to the disk (fsync), and then gets its name, which is
flushed too. Who reads the name finds the old bytes or the new ones, never a part. Everything here blocks, for about a
millisecond a file on an SSD.
"""

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

ATTEMPTS = 10
"""How often a folder is made again that somebody removes, because it was empty, before the file is in it."""


def write_whole(path: Path, data: bytes, temporary: Path | None = None) -> None:
    """Write a file, replacing what was there; folders are made as needed.

    `temporary` is a folder on the same disk in which the file lies while it is written, where a process that is killed
    leaves it; by default it is the file's own folder. Raises OSError.
    """
    folder = temporary or path.parent
    unfinished = folder / (f"{uuid4()}" if temporary else f".{path.name}.{uuid4()}.new")
    try:
        _write_synced(unfinished, data)
        _rename_into(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def move_synced(source: Path, target: Path) -> None:
    """Give a file another name on the same disk, replacing what was there; its bytes are flushed before.
    Raises OSError."""
    descriptor = os.open(source, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _rename_into(source, target)
    with suppress(FileNotFoundError):  # the folder was empty then, and somebody removed it
        sync_folder(source.parent)


def sync_folder(folder: Path) -> None:
    """Flush which names a folder has. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and flush their names. Raises OSError."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        with suppress(FileNotFoundError):
            sync_folder(path.parent)


def _write_synced(path: Path, data: bytes) -> None:
    for attempt in range(ATTEMPTS):
        make_folder(path.parent)
        try:
            with path.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return
        except FileNotFoundError:
            if attempt == ATTEMPTS - 1:
                raise


def _rename_into(source: Path, target: Path) -> None:
    for attempt in range(ATTEMPTS):
        make_folder(target.parent)
        try:
            source.replace(target)
            sync_folder(target.parent)
            return
        except FileNotFoundError:
            if attempt == ATTEMPTS - 1 or not source.exists():
                raise
