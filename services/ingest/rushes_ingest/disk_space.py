"""Limits on the disk space that users' uploads take.

Every writer of users' bytes has a Quota. It counts the bytes as they are written, and refuses an input that is too
large or leaves too little of the disk free. An announced length is not trusted: a device, a sparse file and a server
have none that is reliable.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rushes_runtime.errors import InvalidError

CHECK_INTERVAL_BYTES = 8 * 1024 * 1024
"""Bytes after which the free disk space is checked again."""


def check_disk_space(folder: Path | None, size: int, keep_free: int) -> None:
    """Raise InvalidError `no_space` unless the folder's disk has space for `size` bytes and `keep_free` more.

    `folder` is None if the bytes go to an object store, whose space is unknown. It need not exist yet.
    """
    if folder is None:
        return
    # The nearest parent that exists is on the same disk.
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    available = max(0, shutil.disk_usage(existing).free - keep_free)
    if size > available:
        raise InvalidError("no_space", f"The server's disk has no space for {size:,} bytes: {available:,} are left.")


@dataclass
class Quota:
    """The limit on one input. `name` is its name in errors; `folder` is where it is written, or None if that is not a
    disk of this machine; `most` is its size limit in bytes, or None; `keep_free` is the number of bytes that stay free.

    Pass the size of each piece to `take` before it is written, or read the input through `limited` or `limited_sync`.
    All of them raise InvalidError, `too_large` or `no_space`.
    """

    name: str
    folder: Path | None
    most: int | None
    keep_free: int
    taken: int = 0
    """Bytes counted so far."""
    _checked_at: int | None = field(default=None, repr=False)

    def take(self, size: int) -> None:
        """Count bytes that will be written next."""
        self.taken += size
        if self.most is not None and self.taken > self.most:
            raise InvalidError("too_large", f"{self.name} is larger than the limit of {self.most:,} bytes")
        # Not at every piece: asking for the free space is a system call.
        if self._checked_at is None or self.taken - self._checked_at >= CHECK_INTERVAL_BYTES:
            self._checked_at = self.taken
            check_disk_space(self.folder, size, self.keep_free)

    async def limited(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the same pieces, and raise before one that exceeds a limit."""
        async for piece in pieces:
            self.take(len(piece))
            yield piece

    def limited_sync(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Do the same in a thread or a worker process."""
        for piece in pieces:
            self.take(len(piece))
            yield piece
