"""What a file's pictures say about time and size: the first is decoded, the others are only listed."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

import av
from av.container import InputContainer
from av.error import ArgumentError, FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from rushes_ingest.clock import Clock
from rushes_ingest.media import decoded, packets
from rushes_runtime.errors import InvalidError

FALLBACK_RATE = Fraction(25)
"""Frames a second, where neither a packet nor the container tells how long a frame is shown."""
KEYFRAME_SPACING_MS = 500
"""Keyframes closer together than this are not listed, so that the list is bounded where every frame is one."""


@dataclass(frozen=True)
class FirstPicture:
    """The first presented frame: the clock that it starts, and the video's size as it is presented."""

    clock: Clock
    width: int
    height: int


def first_picture(container: InputContainer, stream: VideoStream, name: str, max_pixels: int) -> FirstPicture:
    """Decode up to the first frame that is presented.

    Raises InvalidError: `nothing_decodes` if there is none, `too_large_pictures` if it has more than `max_pixels`.
    """
    context = stream.codec_context
    _check_size(context.width, context.height, name, max_pixels)
    refused = False

    def on_error(error: FFmpegError) -> None:
        # So a decoder refuses a size, of which it then knows nothing any more; broken data are another error.
        nonlocal refused
        refused = refused or (isinstance(error, ArgumentError) and not context.width)

    for packet in chain(packets(container, [stream]), [None]):
        for frame in decoded(stream, packet, on_error):
            return _first(frame, stream)
    if refused:
        raise _too_large(name, max_pixels)
    raise InvalidError("nothing_decodes", f"not one picture of {name} can be decoded: it is truncated or damaged")


def _check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise _too_large(name, max_pixels, f" ({width:,} x {height:,})")


def _too_large(name: str, max_pixels: int, size: str = "") -> InvalidError:
    sentence = f"the pictures of {name} are larger{size} than the limit of {max_pixels:,} pixels: make them smaller"
    return InvalidError("too_large_pictures", sentence)


def _first(frame: VideoFrame, stream: VideoStream) -> FirstPicture:
    width, height = presented_size(frame, stream.sample_aspect_ratio)
    times = (frame.pts, frame.dts, 0)
    first = next(time for time in times if time is not None)
    return FirstPicture(Clock(first, stream.time_base or Fraction(1, av.time_base)), width, height)


def presented_size(frame: VideoFrame, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Width and height in square pixels, as a player shows them: pixels widened to their shape, then rotated."""
    width, height = max(1, round(frame.width * (pixel_aspect or 1))), frame.height
    return (height, width) if round(frame.rotation / 90) % 2 else (width, height)


class Reel:
    """Takes in the packets of the pictures one by one, and knows when the last picture ends.

    Nothing is decoded. What the container claims about its length is not asked for: it may lie, or not know.
    """

    def __init__(self, clock: Clock, stream: VideoStream, max_duration_ms: int) -> None:
        self.keyframes_ms: list[int] = []
        """When keyframes are shown, ascending."""
        self._clock = clock
        rate = stream.average_rate or stream.guessed_rate or FALLBACK_RATE
        self._usual = max(1, round(1 / (rate * clock.time_base)))
        self._last = clock.first
        self._shown = self._usual
        self._next = clock.first
        self._latest = clock.first + Fraction(max_duration_ms, 1000) // clock.time_base

    @property
    def too_long(self) -> bool:
        """Whether the last picture so far ends later than allowed."""
        return self._last + self._shown > self._latest

    @property
    def duration_ms(self) -> int:
        """From the first presented frame to the end of the last one so far; at least 1."""
        return max(1, self._clock.ms(self._last + self._shown))

    def see(self, packet: "Packet[Any]") -> None:
        """Take in a packet. One that is cut off, or that the container has hidden by an edit list, does not count."""
        if packet.is_corrupt or packet.is_discard:
            return
        shown = packet.duration or self._usual
        pts = self._pts(packet)
        self._next = pts + shown
        if pts >= self._last:
            self._last, self._shown = pts, shown
        if packet.is_keyframe:
            self._list(self._clock.ms(pts))

    def _pts(self, packet: "Packet[Any]") -> int:
        """When a packet is shown. Raw streams don't tell; there it follows on the one before."""
        times = (packet.pts, packet.dts, self._next)
        return next(time for time in times if time is not None)

    def _list(self, ms: int) -> None:
        after = self.keyframes_ms[-1] + KEYFRAME_SPACING_MS if self.keyframes_ms else 0
        if ms >= after:
            self.keyframes_ms.append(ms)
