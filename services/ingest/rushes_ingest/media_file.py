"""Opening and reading a media file of unknown origin with FFmpeg: formats, streams, packets, and the video's clock.

A file that can't be read is refused with a reason.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, overload

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.error import MemoryError as OutOfMemory
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from rushes_ingest.settings import MAX_PIXELS
from rushes_runtime.errors import InvalidError

SAMPLE_RATE = 16_000
"""Samples per second of the sound that ingest stores."""
SAMPLES_PER_MS = SAMPLE_RATE // 1000


@dataclass(frozen=True)
class Clock:
    """A video's clock. `first` is the PTS of the first presented frame, in units of `time_base` seconds."""

    first: int
    time_base: Fraction

    def ms(self, pts: int) -> int:
        """Return the time of a PTS of the video stream, to the nearest millisecond; negative before the first frame."""
        # Rational arithmetic: a floating-point product would be off by a frame in long videos with odd time bases.
        return round((pts - self.first) * self.time_base * 1000)

    def sample(self, pts: int, time_base: Fraction) -> int:
        """Return the index of the 16 kHz sample at a PTS of any stream. Sample 0 is at 0 ms."""
        return round((pts * time_base - self.first * self.time_base) * SAMPLE_RATE)


PICTURE_FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "mxf", "gxf", "wtv", "rm"),
    *("dv", "nut", "ivf", "obu", "m4v", "h264", "hevc", "vvc", "vc1", "yuv4mpegpipe"),
)
"""FFmpeg's names of formats that can contain moving pictures."""

SOUND_FORMATS = (
    *("mp3", "wav", "w64", "flac", "aac", "aiff", "ac3", "eac3", "amr", "ape", "au", "caf", "dts", "wv"),
    *("loas", "tta"),
)
"""Opened as well, so that a sound file is refused with `no_pictures` and not with `not_a_video`."""

ALLOWED_FORMATS = PICTURE_FORMATS + SOUND_FORMATS
"""The formats that FFmpeg may open. Playlists (HLS, DASH, concat) are excluded because they make FFmpeg open other
files and addresses, which the uploader chooses; pictures and text, because FFmpeg treats them as short videos."""

HEAD_BYTES = 64
"""Number of first bytes that identify a container."""

MP4_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"pnot"})
STILL_BRANDS = frozenset({b"avif", b"heic", b"heix", b"heim", b"heis", b"mif1"})

MEDIA_TYPE_OF_FORMAT = {
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "mpegvideo": "video/mpeg",
    "flv": "video/x-flv",
    "asf": "video/x-ms-asf",
    "ogg": "video/ogg",
    "mxf": "application/mxf",
    "rm": "application/vnd.rn-realmedia",
    "dv": "video/dv",
    "h264": "video/h264",
    "hevc": "video/h265",
}


def is_mp4(head: bytes) -> bool:
    """Return whether a file starts like an MP4 or QuickTime file."""
    return head[4:8] in MP4_BOXES


def is_still(head: bytes) -> bool:
    """Return whether a file starts like a still picture in a video container: HEIC, AVIF."""
    return head[4:8] == b"ftyp" and head[8:12] in STILL_BRANDS


def media_type(head: bytes, format_name: str) -> str:
    """Return the media type of a container, from its first bytes and FFmpeg's name of its format."""
    if format_name.startswith("mov"):
        return _mp4_type(head)
    if format_name.startswith("matroska"):
        return "video/webm" if b"webm" in head else "video/x-matroska"
    return MEDIA_TYPE_OF_FORMAT.get(format_name, "application/octet-stream")


def _mp4_type(head: bytes) -> str:
    if head[4:8] != b"ftyp" or head[8:12] == b"qt  ":
        return "video/quicktime"
    return "video/3gpp" if head[8:11] == b"3gp" else "video/mp4"


FFMPEG_OPTIONS = {"format_whitelist": ",".join(ALLOWED_FORMATS), "max_streams": "200"}
"""`max_streams` limits memory: FFmpeg allocates a decoder, and perhaps a picture, for each stream it opens."""
READ_AHEAD = 256 * 1024
"""Bytes that FFmpeg reads at a time."""
MAX_READ_FAILURES = 8
"""After this many failures in a row, the file counts as ended."""


@contextmanager
def open_media(
    source: str | BinaryIO, name: str, max_pixels: int = MAX_PIXELS
) -> Iterator[tuple[InputContainer, bytes]]:
    """Open a container; yield it and the first bytes of its file. A file that is passed in stays open.

    FFmpeg decodes no picture of more than `max_pixels`, whatever size the container declares. Opening alone may decode
    one, to find the pixel format of some codecs.

    Raises InvalidError: `empty`, `not_a_video`, or `nothing_decodes` for an MP4 without its index. Errors of reading
    the file pass through unchanged, because the video did not cause them.
    """
    # FFmpeg gets a file object, never a path: it would hide errors of reading, and could follow a protocol prefix.
    if isinstance(source, str):
        with Path(source).open("rb", buffering=0) as file, open_media(file, name, max_pixels) as found:
            yield found
        return
    head = _head(source)
    if not head:
        raise InvalidError("empty", f"{name} is empty: it has 0 bytes")
    if is_still(head):
        raise InvalidError("not_a_video", f"{name} is not a video: it is a still picture")
    limit = {"max_pixels": str(max_pixels)}
    with _container(source, head, name, FFMPEG_OPTIONS | limit) as container:
        for stream in container.streams.video:
            if has_decoder(stream):  # the option above only holds while the container is opened
                stream.codec_context.options = limit
        yield container, head


def read_packets(container: InputContainer, streams: Sequence[VideoStream | AudioStream]) -> "Iterator[Packet[Any]]":
    """Yield the packets of some streams, up to the end of the file or to where it can't be read any further."""
    for stream in container.streams:
        stream.discard = Discard.default if stream in streams else Discard.all
    failures = 0
    while failures < MAX_READ_FAILURES:
        try:
            for packet in container.demux(*streams):
                failures = 0
                if packet.size:  # an empty packet would flush the decoder
                    yield packet
        except FFmpegError:  # out of memory too: a damaged size field may ask for any amount
            failures += 1
        except IndexError:  # PyAV, at the end, if a stream was added while reading; all packets have been read
            return
        else:
            return


OnDecodeError = Callable[[FFmpegError], None]
"""Is called with the error of a packet that was not decoded."""


@overload
def decode(
    stream: VideoStream, packet: "Packet[Any] | None", on_error: OnDecodeError | None = None
) -> list[VideoFrame]: ...
@overload
def decode(
    stream: AudioStream, packet: "Packet[Any] | None", on_error: OnDecodeError | None = None
) -> list[AudioFrame]: ...
def decode(
    stream: VideoStream | AudioStream, packet: "Packet[Any] | None", on_error: OnDecodeError | None = None
) -> list[VideoFrame] | list[AudioFrame]:
    """Return the frames that a packet completes; no frame if it is damaged. None flushes the decoder.

    Raises MemoryError.
    """
    try:
        return stream.decode(packet)
    except OutOfMemory:
        raise
    except FFmpegError as error:
        if on_error:
            on_error(error)
        return []


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    return head


def has_decoder(stream: VideoStream | AudioStream) -> bool:
    """Return whether there is a decoder for a stream."""
    # PyAV omits `codec_context` otherwise, which its type hints do not say.
    return getattr(stream, "codec_context", None) is not None


def _container(file: BinaryIO, head: bytes, name: str, options: dict[str, str]) -> InputContainer:
    try:
        return av.open(file, "r", options=options, metadata_errors="replace", buffer_size=READ_AHEAD)
    except FFmpegError as error:
        if is_mp4(head):
            sentence = f"{name} is truncated or damaged: the index of this MP4 file is missing or broken"
            raise InvalidError("nothing_decodes", sentence) from error
        sentence = f"{name} is not a video: its format is not a known video format"
        raise InvalidError("not_a_video", sentence) from error


STILLS = Disposition.attached_pic | Disposition.timed_thumbnails


def picture_stream(container: InputContainer, name: str) -> VideoStream:
    """Return the stream with the pictures of the video. Cover art and thumbnails do not count.

    Raises InvalidError: `no_pictures`, or `nothing_decodes` if no stream can be read or none has a known codec.
    """
    if not len(container.streams):
        raise InvalidError("nothing_decodes", f"{name} is truncated or damaged: no part of it can be read")
    streams = [stream for stream in container.streams.video if not stream.disposition & STILLS]
    if not streams:
        raise InvalidError("no_pictures", f"{name} has no pictures, so it is not a video")
    known = [stream for stream in streams if has_decoder(stream)]
    if not known:
        raise InvalidError("nothing_decodes", f"the pictures of {name} have a codec that is not supported")
    # FFmpeg prefers the stream that players show, which may be one that can't be decoded here.
    best = container.streams.best("video")
    return next((stream for stream in known if stream is best), known[0])


def sound_stream(container: InputContainer, pictures: VideoStream) -> AudioStream | None:
    """Return the stream that a player plays with these pictures; None without sound in a known codec."""
    known = [stream for stream in container.streams.audio if has_decoder(stream)]
    best = container.streams.best("audio", related=pictures)
    return next((stream for stream in known if stream is best), known[0] if known else None)
