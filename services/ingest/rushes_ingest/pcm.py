"""Sound as it lies in a temporary file: 16-bit little-endian mono at 16 kHz, sample 0 at 0 ms of the video's clock."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from rushes_ingest.clock import SAMPLES_PER_MS

Samples = NDArray[np.int16]
"""One dimension, 16 kHz."""

BYTES = 2
"""Bytes of a sample."""


class Pcm:
    """The sound of one video, in a file that belongs to the caller. What was never written is silent."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = 0

    @property
    def end(self) -> int:
        """Up to which sample the file is written; nothing before it can be written any more."""
        return self._end

    def place(self, start: int, samples: Samples) -> None:
        """Write samples, the first of which is heard as sample `start`.

        What is earlier than the video, or than what was written before, is left out. A gap becomes silence, which
        takes no time to write, and on most file systems no space.
        """
        new = samples[max(0, self._end - start) :]
        if not len(new):
            return
        begin = max(start, self._end)
        self._file.seek(begin * BYTES)
        self._file.write(new.astype("<i2", copy=False).tobytes())
        self._end = begin + len(new)

    def finish(self, duration_ms: int) -> None:
        """Make it exactly as long as the video: cut off, or silent to the end."""
        self._end = duration_ms * SAMPLES_PER_MS
        self._file.truncate(self._end * BYTES)

    def read(self, start_ms: int, end_ms: int) -> Samples:
        """The samples of [start_ms, end_ms), as far as the file goes."""
        self._file.seek(start_ms * SAMPLES_PER_MS * BYTES)
        data = self._file.read((end_ms - start_ms) * SAMPLES_PER_MS * BYTES)
        return np.frombuffer(data, dtype="<i2")
