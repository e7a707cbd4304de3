"""Opening files on behalf of others: only regular files below allowed folders, even if links change meanwhile."""

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO

from rushes_runtime.errors import InvalidError

PSEUDO_FILESYSTEMS = (Path("/proc"), Path("/sys"))
"""File systems with the state of the system. Their files look like regular ones."""
FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def resolve_allowed(path: Path, roots: Sequence[Path]) -> Path:
    """Return the real path, all links followed. Raises InvalidError unless it is below one of the roots. Does not
    reveal whether there is a file. Blocks."""
    try:
        real = Path(os.path.realpath(path))
        inside = any(real.is_relative_to(os.path.realpath(root)) for root in roots)
    except (OSError, ValueError) as error:
        raise InvalidError("unreadable", f"{path} can't be read: {error}") from error
    if not inside:
        raise InvalidError("outside_roots", f"{path} lies outside the folders in RUSHES_SOURCES__ROOTS")
    if any(real.is_relative_to(each) for each in PSEUDO_FILESYSTEMS):
        raise InvalidError("unreadable", f"{path} can't be read: it is no file on a disk")
    return real


def open_regular(path: Path, roots: Sequence[Path]) -> BinaryIO:
    """Open a regular file below one of the roots, unbuffered. Devices and FIFOs are not opened, since that may block.

    Raises InvalidError: `outside_roots`, `not_found`, `unreadable`; and OSError if the disk fails.
    """
    try:
        return os.fdopen(_open_without_links(resolve_allowed(path, roots)), "rb", buffering=0)
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidError("not_found", f"there is no file {path}") from None
    except (IsADirectoryError, PermissionError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidError("unreadable", f"{path} can't be read: {reason}") from error
    except OSError as error:
        # O_NOFOLLOW met a link, although the resolved path had none: somebody replaced a folder.
        if error.errno == errno.ELOOP:
            raise InvalidError("unreadable", f"{path} can't be read: a link took the place of a folder") from error
        raise


def _open_without_links(real: Path) -> int:
    """Return a descriptor of the regular file at a real path. Opens folder by folder and follows no link, so the opened
    file is the one that was checked, even if somebody changes the folders meanwhile."""
    # All folders stay open until the file is opened: a descriptor keeps its folder, whatever the path leads to later.
    with ExitStack() as opened:
        folder = os.open("/", FOLDER)
        opened.callback(os.close, folder)
        for part in real.parts[1:-1]:
            folder = os.open(part, FOLDER, dir_fd=folder)
            opened.callback(partial(os.close, folder))
        name = real.name or "."
        # Checked before it is opened, because opening a device can have effects, and once more afterwards.
        _require_regular(os.stat(name, dir_fd=folder, follow_symlinks=False), real)
        descriptor = os.open(name, FILE, dir_fd=folder)
    try:
        _require_regular(os.fstat(descriptor), real)
    except InvalidError:
        os.close(descriptor)
        raise
    return descriptor


def _require_regular(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a FIFO, a socket, a device or a link"
        raise InvalidError("unreadable", f"{path} can't be read: it is {kind}, not a regular file")
