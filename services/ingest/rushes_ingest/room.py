"""Whether the disk has room for what is to come, asked before any of it is taken."""

import shutil
from pathlib import Path

from rushes_runtime.errors import InvalidError


def check_room(folder: Path | None, size: int, keep_free: int) -> None:
    """Raises InvalidError `no_space` unless the folder's disk takes so many bytes and keeps some free.

    None: the bytes go elsewhere, where nobody can ask. A folder that is not there yet is on its parent's disk.
    """
    if folder is None:
        return
    there = next(path for path in (folder, *folder.parents) if path.exists())
    room = max(0, shutil.disk_usage(there).free - keep_free)
    if size > room:
        raise InvalidError("no_space", f"There is no room for {size:,} bytes: the server's disk takes {room:,} more.")
