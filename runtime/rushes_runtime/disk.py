"""Whether a disk is full: told before it is, so that who writes can wait in good order."""

import shutil
from pathlib import Path

LEAST_FREE = 64 * 1024 * 1024
"""Bytes that must be free where a folder is the blob store or the index, for work to begin."""


def full(folder: Path) -> str | None:
    """That the disk of a folder, which is there, has no room for work, in a sentence; None where it has. Takes
    microseconds."""
    free = shutil.disk_usage(folder).free
    return f"the disk of {folder} is full: {free // 1_000_000} MB are left" if free < LEAST_FREE else None
