"""A video file, read for its pictures."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import BinaryIO

import av
import numpy as np
from av.codec.context import ThreadType
from av.container import InputContainer
from av.error import ArgumentError, InvalidDataError
from av.error import EOFError as FileEnds
from av.error import PermissionError as Refused
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from rushes_runtime.errors import InvalidError
from rushes_scenes.clock import Clock
from rushes_scenes.decode import Decoding

Picture = NDArray[np.uint8]
"""Height x width x 3 bytes: blue, green, red, as OpenCV and PySceneDetect have it."""

OPTIONS = {"protocol_whitelist": "file", "max_streams": "200"}
MAX_PIXELS = 50_000_000

BACK_MS = (0, 3_000, 15_000, 60_000)
"""How much further back each attempt seeks, where the frames that come are later than those asked for."""
FALLBACK_RATE = Fraction(25)
"""Frames a second, where a container tells no rate."""


@dataclass(frozen=True)
class Shown:
    """A frame and when it is shown."""

    frame: VideoFrame
    pts: int
    ms: int

    @cached_property
    def picture(self) -> Picture:
        """The whole frame, converted as PySceneDetect does it: any other way gives slightly other scores."""
        # For a single picture, more threads than one cost more than they save. The bytes are the same.
        return np.asarray(self.frame.to_ndarray(format="bgr24", threads=1), dtype=np.uint8)


class Film:
    """The pictures of an open container, in the order in which they are shown. For one thread.

    Raises InvalidError (`nothing_decodes`) if not one can be decoded. `name` is what errors call it.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, name: str) -> None:
        self._container = container
        self._stream = stream
        self._decoding = Decoding(container, stream)
        frames = iter(self._decoding)
        first = next(frames, None)
        if first is None and self._decoding.refused_size:
            raise InvalidError("too_large_pictures", f"the pictures of {name} are larger than the limit")
        if first is None:
            raise InvalidError("nothing_decodes", f"not one picture of {name} can be decoded")
        self._unread: Iterable[tuple[int, VideoFrame]] | None = chain([first], frames)
        rate = _fraction(stream.guessed_rate) or _fraction(stream.average_rate) or FALLBACK_RATE
        self.clock = Clock(first[0], _fraction(stream.time_base) or Fraction(1, av.time_base), rate)
        self.size = (first[1].width, first[1].height)
        """Width and height of the first frame as it is stored, before its pixels' shape and its rotation."""
        self.pixel_aspect = _fraction(stream.codec_context.sample_aspect_ratio) or Fraction(1)
        """Width of a pixel over its height."""

    def frames(self, from_ms: int, until_ms: int) -> Iterator[Shown]:
        """The frames from the one on show at `from_ms`, or some frames earlier, to `until_ms` and some frames later.

        Asking again moves the file's position, and so ends what was asked for before.
        """
        if self._unread is not None and from_ms <= 0:
            fresh, self._unread = self._unread, None
            return self._timed(fresh)
        self._unread = None
        for back in BACK_MS:
            frames = self._seek(from_ms - back, until_ms)
            first = next(frames, None)
            # Transport streams are searched by guessing, some indexes go by when packets are decoded, and a keyframe
            # may be broken: then look further back, before the beginning too, where some containers find more.
            if first is not None and self.clock.ms(first[0]) <= max(0, from_ms):
                return self._timed(chain([first], frames))
        return self._timed(self._seek(0, until_ms))

    def has_packets(self, start_ms: int, end_ms: int) -> bool:
        """Whether pictures, decodable or not, are stored for [start_ms, end_ms), as far as was read last."""
        return any(start_ms <= self.clock.ms(pts) < end_ms for pts in self._decoding.packets)

    def _seek(self, ms: int, until_ms: int) -> Iterator[tuple[int, VideoFrame]]:
        self._decoding = Decoding(self._container, self._stream, self.clock.pts(until_ms))
        try:
            self._container.seek(self.clock.pts(ms), stream=self._stream)
        except (Refused, ArgumentError, InvalidDataError):  # what containers say where there is no such place
            return iter(())
        return iter(self._decoding)

    def _timed(self, frames: Iterable[tuple[int, VideoFrame]]) -> Iterator[Shown]:
        return (Shown(frame, pts, self.clock.ms(pts)) for pts, frame in frames)


@contextmanager
def opened(source: str | BinaryIO, name: str, threads: int = 0, max_pixels: int = MAX_PIXELS) -> Iterator[Film]:
    """The film at a path or in a seekable file. `name` is what errors call it; 0 threads are one a core.

    A picture of more than `max_pixels` is not decoded, whatever the container says of its size and whenever it comes.
    Raises InvalidError (`nothing_decodes`, `too_large_pictures`) if it holds no picture that can be decoded.
    """
    limit = {"max_pixels": str(max_pixels)}
    try:
        container = av.open(source, "r", options=OPTIONS | limit, metadata_errors="ignore")
    except (InvalidDataError, FileEnds) as error:
        raise InvalidError("nothing_decodes", f"{name} can't be opened as a video: {error}") from error
    with container:
        stream = container.streams.best("video")
        if not isinstance(stream, VideoStream):
            raise InvalidError("nothing_decodes", f"{name} has no pictures")
        stream.codec_context.thread_type = ThreadType.AUTO
        stream.codec_context.thread_count = threads
        stream.codec_context.options = limit
        yield Film(container, stream, name)


def _fraction(ratio: Fraction | None) -> Fraction | None:
    """What PyAV says, None or 0/1 where it does not know, as a Fraction that is not 0."""
    return Fraction(ratio.numerator, ratio.denominator) if ratio else None
