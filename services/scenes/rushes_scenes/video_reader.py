"""Reads a video file's frames with their times, from any position, past what is broken.

The times are integer milliseconds from the first presented frame, computed from PTS and never from a frame count.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain
from math import ceil
from typing import BinaryIO

import av
import numpy as np
from av.codec.context import ThreadType
from av.container import InputContainer
from av.error import ArgumentError, FFmpegError, InvalidDataError
from av.error import EOFError as FileEnds
from av.error import MemoryError as OutOfMemory
from av.error import PermissionError as Refused
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray
from scenedetect import FrameTimecode
from scenedetect.common import Timecode

from rushes_runtime.errors import InvalidError

Picture = NDArray[np.uint8]
"""Height x width x 3 bytes: blue, green, red, as in OpenCV and PySceneDetect."""

OPTIONS = {"protocol_whitelist": "file", "max_streams": "200"}
"""Playlists and concat files may name URLs and other files, hence the protocol `file` only."""
MAX_PIXELS = 50_000_000
"""Width times height of a picture; 8K has 35 million."""

BACK_MS = (0, 3_000, 15_000, 60_000)
"""How much further back each attempt seeks, if the frames that come are later than those requested."""
FALLBACK_RATE = Fraction(25)
"""Frames per second of a container that does not say its rate."""
UNREADABLE = 8
"""After so many consecutive failures the file is treated as ended; PySceneDetect's limit."""


@dataclass(frozen=True)
class VideoClock:
    """A video's clock, and its conversion to PySceneDetect's.

    `first` is the PTS of the first presented frame, in units of `time_base` seconds. `rate`, in frames per second, is
    the container's; it only tells PySceneDetect how long a number of frames is.
    """

    first: int
    time_base: Fraction
    rate: Fraction

    def ms(self, pts: int | Fraction) -> int:
        """Return the time of a PTS, to the nearest millisecond; negative before the first frame."""
        return round((pts - self.first) * self.time_base * 1000)

    def pts(self, ms: int) -> int:
        """Return the last PTS at or before a time."""
        return self.first + int(Fraction(ms, 1000) / self.time_base)

    def timecode(self, pts: int) -> FrameTimecode:
        """Return a PTS in the form that PySceneDetect's detectors take."""
        return FrameTimecode(Timecode(pts - self.first, self.time_base), self.rate)

    def ms_of(self, timecode: FrameTimecode) -> int:
        """Return the time of a detector's result. A cut amid a fade has no frame of its own, and so no PTS."""
        ms: int = round(timecode.pts * timecode.time_base * 1000)
        return ms

    def frames_ms(self, frames: int) -> int:
        """Return how long a number of frames is, at the container's rate, rounded up."""
        return ceil(frames * 1000 / self.rate)


@dataclass(frozen=True)
class TimedFrame:
    """A frame and the time at which it is presented."""

    frame: VideoFrame
    pts: int
    ms: int

    @cached_property
    def picture(self) -> Picture:
        """The whole frame, converted as PySceneDetect does it: any other way gives slightly different scores."""
        # For a single picture, more threads than one cost more than they save. The bytes are the same.
        return np.asarray(self.frame.to_ndarray(format="bgr24", threads=1), dtype=np.uint8)


class Decoding:
    """One pass through a stream from its container's position: iterate it once, for (PTS, frame) as presented.

    Frames that can't be decoded are skipped, but running out of memory raises MemoryError. `packets` holds the PTS
    of the packets so far, decoded or not.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, last_pts: int | None = None) -> None:
        """`last_pts`: end at the first packet whose DTS is later; None: at the end of the file."""
        self.packets: list[int] = []
        self.refused_size = False
        """Whether a picture was left out because it is larger than the decoder's limit."""
        self._container = container
        self._stream = stream
        self._last_pts = last_pts

    def __iter__(self) -> Iterator[tuple[int, VideoFrame]]:
        for packet in self._demuxed():
            if packet.pts is not None and not packet.is_discard:
                self.packets.append(packet.pts)
            yield from self._decoded(packet)
            # Packets come in decode order: one with a late PTS may precede frames that are presented before it.
            if self._last_pts is not None and packet.dts is not None and packet.dts > self._last_pts:
                break
        # The decoder holds frames back to reorder them.
        yield from self._decoded(None)

    def _demuxed(self) -> "Iterator[av.Packet[VideoStream]]":
        """The packets that hold data, without the container's own end mark."""
        failures = 0
        while failures < UNREADABLE:
            try:
                for packet in self._container.demux(self._stream):
                    if packet.size:
                        failures = 0
                        yield packet
            except InvalidDataError:
                failures += 1
            else:
                return

    def _decoded(self, packet: "av.Packet[VideoStream] | None") -> Iterator[tuple[int, VideoFrame]]:
        """The frames that a packet completes; None flushes the frames that the decoder still holds."""
        try:
            frames = self._stream.decode(packet)
        except OutOfMemory:
            # Another attempt may have more memory, while a skipped frame would be missing from the artefact for good.
            raise
        except FFmpegError as error:
            # A decoder that refuses a size forgets the size. Broken data raise another error.
            self.refused_size |= isinstance(error, ArgumentError) and not self._stream.codec_context.width
            return
        for frame in frames:
            # Some old containers store no PTS; their frames are in order, so the DTS is as good.
            pts = frame.pts if frame.pts is not None else frame.dts
            if pts is not None:
                yield pts, frame


class VideoReader:
    """Reads the frames of an open container in presentation order. For one thread.

    Raises InvalidError (`nothing_decodes`) if no frame can be decoded. Errors call the file `name`.
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
            raise InvalidError("nothing_decodes", f"no picture of {name} can be decoded")
        # Kept, so that the most frequent request, from the beginning, neither seeks nor decodes this frame again.
        self._unread: Iterable[tuple[int, VideoFrame]] | None = chain([first], frames)
        rate = _fraction(stream.guessed_rate) or _fraction(stream.average_rate) or FALLBACK_RATE
        self.clock = VideoClock(first[0], _fraction(stream.time_base) or Fraction(1, av.time_base), rate)
        self.size = (first[1].width, first[1].height)
        """Width and height of the first frame as stored, before pixel aspect ratio and rotation are applied."""
        self.pixel_aspect = _fraction(stream.codec_context.sample_aspect_ratio) or Fraction(1)
        """Width of a pixel divided by its height."""

    def frames(self, from_ms: int, until_ms: int) -> Iterator[TimedFrame]:
        """Return the frames from the one on screen at `from_ms`, or earlier, to `until_ms` and some frames later.

        Each call moves the file's position, and so ends the iterator of the call before.
        """
        if self._unread is not None and from_ms <= 0:
            fresh, self._unread = self._unread, None
            return self._timed(fresh)
        self._unread = None
        for back in BACK_MS:
            frames = self._seek(from_ms - back, until_ms)
            first = next(frames, None)
            # FFmpeg guesses positions in transport streams, some indexes hold decode times, and a keyframe may be
            # broken: then seek further back, even before the beginning, where some containers find more.
            if first is not None and self.clock.ms(first[0]) <= max(0, from_ms):
                return self._timed(chain([first], frames))
        return self._timed(self._seek(0, until_ms))

    def has_packets(self, start_ms: int, end_ms: int) -> bool:
        """Whether the last read passed packets of [start_ms, end_ms), decodable or not."""
        return any(start_ms <= self.clock.ms(pts) < end_ms for pts in self._decoding.packets)

    def _seek(self, ms: int, until_ms: int) -> Iterator[tuple[int, VideoFrame]]:
        self._decoding = Decoding(self._container, self._stream, self.clock.pts(until_ms))
        try:
            self._container.seek(self.clock.pts(ms), stream=self._stream)
        except (Refused, ArgumentError, InvalidDataError):  # what containers raise if the position does not exist
            return iter(())
        return iter(self._decoding)

    def _timed(self, frames: Iterable[tuple[int, VideoFrame]]) -> Iterator[TimedFrame]:
        return (TimedFrame(frame, pts, self.clock.ms(pts)) for pts, frame in frames)


@contextmanager
def open_video(
    source: str | BinaryIO, name: str, threads: int = 0, max_pixels: int = MAX_PIXELS
) -> Iterator[VideoReader]:
    """Open the video at a path or in a seekable file. Errors call it `name`; 0 threads: one per core.

    A picture of more than `max_pixels` is not decoded, whatever size the container says and whenever it comes. Raises
    InvalidError (`nothing_decodes`, `too_large_pictures`) if it holds no picture that can be decoded.
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
        # Before the first packet: FFmpeg ignores later changes.
        stream.codec_context.thread_type = ThreadType.AUTO
        stream.codec_context.thread_count = threads
        stream.codec_context.options = limit
        yield VideoReader(container, stream, name)


def _fraction(ratio: Fraction | None) -> Fraction | None:
    """PyAV's ratio, which is None or 0/1 if it is unknown, as a Fraction that is not 0, or None."""
    return Fraction(ratio.numerator, ratio.denominator) if ratio else None
