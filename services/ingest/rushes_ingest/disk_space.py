"""The disk that users' bytes are written to: what it takes before any come, and whatever comes.

Every writer of users' bytes has a Quota, which refuses what is too large or leaves too little of the disk free as the
bytes are written, whatever was announced: a device, a sparse file and a server have no length to be trusted.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rushes_runtime.errors import InvalidError

CHECK_INTERVAL_BYTES = 8 * 1024 * 1024
"""Bytes after which the disk is looked at again."""


def check_disk_space(folder: Path | None, size: int, keep_free: int) -> None:
    """Raises InvalidError `no_space` unless the folder's disk takes so many bytes and keeps some free.

    None: the bytes go elsewhere, where nobody can ask. A folder that is not there yet is on its parent's disk.
    """
    if folder is None:
        return
    there = next(path for path in (folder, *folder.parents) if path.exists())
    room = max(0, shutil.disk_usage(there).free - keep_free)
    if size > room:
        raise InvalidError("no_space", f"There is no room for {size:,} bytes: the server's disk takes {room:,} more.")


@dataclass
class Quota:
    """How much one input may write. `name` is what errors call it; `folder` is where it is written, None where that is
    no disk of this machine; `most` is its size limit in bytes, None where there is another; `keep_free` is what the
    disk keeps.

    Pass every piece to `take` before it is written, or read the input through `limited` or `limited_now`; each raises
    InvalidError, `too_large` or `no_space`.
    """

    name: str
    folder: Path | None
    most: int | None
    keep_free: int
    taken: int = 0
    """Bytes so far."""
    _checked_at: int | None = field(default=None, repr=False)

    def take(self, size: int) -> None:
        """Count bytes that are about to be written."""
        self.taken += size
        if self.most is not None and self.taken > self.most:
            raise InvalidError("too_large", f"{self.name} is larger than the limit of {self.most:,} bytes")
        if self._checked_at is None or self.taken - self._checked_at >= CHECK_INTERVAL_BYTES:
            self._checked_at = self.taken
            check_disk_space(self.folder, size, self.keep_free)

    async def limited(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same pieces, as far as they may be written."""
        async for piece in pieces:
            self.take(len(piece))
            yield piece

    def limited_sync(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """`limited` for a thread or a child process."""
        for piece in pieces:
            self.take(len(piece))
            yield piece
