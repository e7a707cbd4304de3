"""A blob as a seekable file that fetches each part of it once, for media readers, which jump back and forth."""

import io
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

BLOCK = 1024 * 1024
"""Bytes of the parts that are fetched and kept: what a jump costs at least."""
AHEAD = 4
"""Blocks that are fetched at a time by whoever reads on and on."""
KEPT = 64
"""Blocks that are kept: the index of a file at its head or its end, and all that interleaved streams may be apart."""


class Ranged(io.RawIOBase):
    """A file of `size` bytes, of which `fetch(start, end)` fetches [start, end). Blocks, and raises what `fetch` does.

    Nothing is fetched before it is read, and what was read lately is not fetched again.
    """

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._position = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._last = -2
        """The block that was fetched last."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"there is no position {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """As much as one block has of what is asked for; 0 at the end."""
        if self._position >= self._size:
            return 0
        number, offset = divmod(self._position, BLOCK)
        part = self._block(number)[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def _block(self, number: int) -> bytes:
        if number not in self._kept:
            self._fetch_from(number)
        self._kept.move_to_end(number)
        return self._kept[number]

    def _fetch_from(self, number: int) -> None:
        """Fetch a block, and more after it if it follows the one before, up to what is kept already."""
        count = 1
        while number == self._last + 1 and count < AHEAD and number + count not in self._kept:
            count += 1
        start, end = number * BLOCK, min(self._size, (number + count) * BLOCK)
        data = memoryview(self._fetch(start, end))
        for each in range(-(-(end - start) // BLOCK)):
            self._kept[number + each] = bytes(data[each * BLOCK : (each + 1) * BLOCK])
            self._last = number + each
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
