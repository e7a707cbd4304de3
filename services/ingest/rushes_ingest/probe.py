"""Probing a file of unknown origin: the facts of a video, or a refusal with its reason."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import chain
from typing import Any, BinaryIO

import av
from av.container import InputContainer
from av.error import ArgumentError, FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from rushes_ingest.audio import AudioRecorder, PcmFile
from rushes_ingest.media_file import Clock, decode, media_type, open_media, picture_stream, read_packets, sound_stream
from rushes_ingest.settings import MAX_PIXELS
from rushes_runtime.errors import InvalidError

FALLBACK_RATE = Fraction(25)
"""Frames per second if neither a packet nor the container has the duration of a frame."""
KEYFRAME_SPACING_MS = 500
"""Minimum distance of listed keyframes. It limits the list's length in videos in which every frame is a keyframe."""


@dataclass(frozen=True)
class FirstPicture:
    """The first presented frame: the clock that starts with it, and the size of the video as presented."""

    clock: Clock
    width: int
    height: int


def first_picture(container: InputContainer, stream: VideoStream, name: str, max_pixels: int) -> FirstPicture:
    """Decode up to the first presented frame.

    Raises InvalidError: `nothing_decodes` if there is none, `too_large_pictures` if it has more than `max_pixels`.
    """
    context = stream.codec_context
    # The container's declaration is checked first, but it may be wrong. The decoder's own limit holds in any case.
    _check_size(context.width, context.height, name, max_pixels)
    too_large = False

    def on_error(error: FFmpegError) -> None:
        # This error, with the width reset, is how a decoder refuses a large picture. Damaged data lead to others.
        nonlocal too_large
        too_large = too_large or (isinstance(error, ArgumentError) and not context.width)

    for packet in chain(read_packets(container, [stream]), [None]):
        for frame in decode(stream, packet, on_error):
            return _first_picture_of(frame, stream)
    if too_large:
        raise _too_large(name, max_pixels)
    raise InvalidError("nothing_decodes", f"not one picture of {name} can be decoded: it is truncated or damaged")


def _check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise _too_large(name, max_pixels, f" ({width:,} x {height:,})")


def _too_large(name: str, max_pixels: int, size: str = "") -> InvalidError:
    sentence = f"the pictures of {name} are larger{size} than the limit of {max_pixels:,} pixels: make them smaller"
    return InvalidError("too_large_pictures", sentence)


def _first_picture_of(frame: VideoFrame, stream: VideoStream) -> FirstPicture:
    width, height = presented_size(frame, stream.sample_aspect_ratio)
    times = (frame.pts, frame.dts, 0)
    first = next(time for time in times if time is not None)
    return FirstPicture(Clock(first, stream.time_base or Fraction(1, av.time_base)), width, height)


def presented_size(frame: VideoFrame, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Return width and height as a player shows them: in square pixels, then rotated."""
    width, height = max(1, round(frame.width * (pixel_aspect or 1))), frame.height
    return (height, width) if round(frame.rotation / 90) % 2 else (width, height)


class PictureTimeline:
    """The duration and the keyframes of a video, from the packets of its pictures, one by one, without decoding.

    The container's own duration is not used, because it may be wrong or missing.
    """

    def __init__(self, clock: Clock, stream: VideoStream, max_duration_ms: int) -> None:
        self.keyframes_ms: list[int] = []
        """Times of keyframes, ascending."""
        self._clock = clock
        rate = stream.average_rate or stream.guessed_rate or FALLBACK_RATE
        self._usual = max(1, round(1 / (rate * clock.time_base)))
        self._last = clock.first
        self._shown = self._usual
        self._next = clock.first
        self._latest = clock.first + Fraction(max_duration_ms, 1000) // clock.time_base

    @property
    def too_long(self) -> bool:
        """Whether the last picture so far ends after the limit."""
        return self._last + self._shown > self._latest

    @property
    def duration_ms(self) -> int:
        """From the first presented frame to the end of the last one so far; at least 1 ms."""
        return max(1, self._clock.ms(self._last + self._shown))

    def add_packet(self, packet: "Packet[Any]") -> None:
        """Add a packet."""
        # Truncated packets and those that an edit list hides are not presented.
        if packet.is_corrupt or packet.is_discard:
            return
        shown = packet.duration or self._usual
        pts = self._pts(packet)
        self._next = pts + shown
        # Packets arrive in decoding order. With B-frames, the last one is not the last that is presented.
        if pts >= self._last:
            self._last, self._shown = pts, shown
        if packet.is_keyframe:
            self._list(self._clock.ms(pts))

    def _pts(self, packet: "Packet[Any]") -> int:
        """Return when a packet is presented."""
        # Packets of raw streams have no times. There, each follows the one before.
        times = (packet.pts, packet.dts, self._next)
        return next(time for time in times if time is not None)

    def _list(self, ms: int) -> None:
        after = self.keyframes_ms[-1] + KEYFRAME_SPACING_MS if self.keyframes_ms else 0
        if ms >= after:
            self.keyframes_ms.append(ms)


NO_LIMIT_MS = 10**12


@dataclass(frozen=True)
class VideoFacts:
    """A playable video."""

    duration_ms: int
    """From the first presented frame to the end of the last complete one."""
    width: int
    height: int
    """As presented: in square pixels, and rotated."""
    has_audio: bool
    media_type: str
    clock: Clock
    """Maps the PTS of its streams to its time."""
    keyframes_ms: tuple[int, ...]
    """Times of keyframes, ascending, at least KEYFRAME_SPACING_MS apart."""


def probe(source: str | BinaryIO, name: str, max_duration_ms: int = NO_LIMIT_MS) -> VideoFacts:
    """Return the facts of the video at a path or in a seekable file. Reads all of it and decodes one frame.

    `name` is its name in errors. Raises InvalidError: `empty`, `not_a_video`, `no_pictures`, `nothing_decodes`,
    `too_large_pictures`, `too_long`. Raises MemoryError, and the errors of reading the file.
    """
    return probe_and_extract_sound(source, name, max_duration_ms, None)


def probe_first_picture(source: str | BinaryIO, name: str, max_pixels: int = MAX_PIXELS) -> FirstPicture:
    """Return the first picture of a video. Quick: reads the start of the file, and its index if that is elsewhere.

    Raises as `probe` does, except for `too_long`.
    """
    with open_media(source, name, max_pixels) as (container, _):
        return first_picture(container, picture_stream(container, name), name, max_pixels)


def probe_and_extract_sound(
    source: str | BinaryIO, name: str, max_duration_ms: int, pcm: PcmFile | None, max_pixels: int = MAX_PIXELS
) -> VideoFacts:
    """Do the same as `probe`, and write the sound to `pcm` in the same pass. The sound is as long as the video.

    `has_audio` is then true if any sound could be decoded.
    """
    # A pass of its own over the start: the clock has to be known before the first packet of sound.
    first = probe_first_picture(source, name, max_pixels)
    with open_media(source, name, max_pixels) as (container, head):
        pictures = picture_stream(container, name)
        sound = sound_stream(container, pictures)
        timeline = PictureTimeline(first.clock, pictures, max_duration_ms)
        recorder = AudioRecorder(sound, first.clock, pcm, max_duration_ms) if sound and pcm else None
        for packet in read_packets(container, [pictures, sound] if sound and recorder else [pictures]):
            if recorder and packet.stream is sound:
                recorder.add_packet(packet)
                continue
            timeline.add_packet(packet)
            if timeline.too_long:
                limit = timedelta(milliseconds=max_duration_ms)
                raise InvalidError("too_long", f"{name} is longer than the limit of {limit} hours")
        if recorder and pcm:
            # The decoder and the resampler still hold the last samples.
            recorder.add_packet(None)
            pcm.finish(timeline.duration_ms)
        return VideoFacts(
            duration_ms=timeline.duration_ms,
            width=first.width,
            height=first.height,
            has_audio=recorder.heard if recorder else sound is not None,
            media_type=media_type(head, container.format.name),
            keyframes_ms=tuple(timeline.keyframes_ms),
            clock=first.clock,
        )
