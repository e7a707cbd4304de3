"""A file that tells how much of it was read."""

import io
from collections.abc import Callable
from pathlib import Path


class CountedFile(io.BufferedReader):
    """A file open for reading, in bytes; `read_bytes` is told the size of every piece. Raises OSError."""

    def __init__(self, path: Path, read_bytes: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path))
        self._read_bytes = read_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, as of any file."""
        piece = super().read(size)
        self._read_bytes(len(piece))
        return piece
