"""Opening and reading a file of unknown origin with FFmpeg: what can't be read is refused, with a reason."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, overload

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.error import MemoryError as OutOfMemory
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from rushes_ingest.formats import SNIFFED, TAKEN, is_mp4, is_still
from rushes_ingest.settings import MAX_PIXELS
from rushes_runtime.errors import InvalidError

OPTIONS = {"format_whitelist": ",".join(TAKEN), "max_streams": "200"}
"""Each stream costs a decoder, and perhaps a picture, as soon as a file is opened."""
READ_AHEAD = 256 * 1024
"""Bytes that FFmpeg asks for at a time."""
UNREADABLE = 8
"""After so many failures one after the other a file is taken to end."""


@contextmanager
def opened(source: str | BinaryIO, name: str, max_pixels: int = MAX_PIXELS) -> Iterator[tuple[InputContainer, bytes]]:
    """A container, to be read from its beginning, and the first bytes of its file. A file passed in stays open.

    FFmpeg decodes no picture of more than `max_pixels`, whatever the container says of its size and whenever it comes;
    opening alone would, to learn how some codings store their pixels.

    Raises InvalidError: `empty`, `not_a_video`, or `nothing_decodes` for an MP4 without its index. What reading the
    file raises passes through, since that is not the video's fault; so FFmpeg gets a file, never a path.
    """
    if isinstance(source, str):
        with Path(source).open("rb", buffering=0) as file, opened(file, name, max_pixels) as found:
            yield found
        return
    head = _head(source)
    if not head:
        raise InvalidError("empty", f"{name} is empty: it has 0 bytes")
    if is_still(head):
        raise InvalidError("not_a_video", f"{name} is not a video: it is a still picture")
    limit = {"max_pixels": str(max_pixels)}
    with _container(source, head, name, OPTIONS | limit) as container:
        for stream in container.streams.video:
            if decodes(stream):
                stream.codec_context.options = limit
        yield container, head


def packets(container: InputContainer, streams: Sequence[VideoStream | AudioStream]) -> "Iterator[Packet[Any]]":
    """The packets of some streams, to where the file ends or can't be read any further."""
    for stream in container.streams:
        stream.discard = Discard.default if stream in streams else Discard.all
    failures = 0
    while failures < UNREADABLE:
        try:
            for packet in container.demux(*streams):
                failures = 0
                if packet.size:  # to a decoder, an empty packet means the end
                    yield packet
        except FFmpegError:  # also for want of memory: a damaged size asks for more than there is
            failures += 1
        except IndexError:  # PyAV ends a stream that it did not know at the beginning; all packets have been given
            return
        else:
            return


Refused = Callable[[FFmpegError], None]
"""Is told why a packet was not decoded."""


@overload
def decoded(stream: VideoStream, packet: "Packet[Any] | None", refused: Refused | None = None) -> list[VideoFrame]: ...
@overload
def decoded(stream: AudioStream, packet: "Packet[Any] | None", refused: Refused | None = None) -> list[AudioFrame]: ...
def decoded(
    stream: VideoStream | AudioStream, packet: "Packet[Any] | None", refused: Refused | None = None
) -> list[VideoFrame] | list[AudioFrame]:
    """The frames that a packet completes, none where it is broken; for None, those that the decoder still holds.

    Raises MemoryError.
    """
    try:
        return stream.decode(packet)
    except OutOfMemory:
        raise
    except FFmpegError as error:
        if refused:
            refused(error)
        return []


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(SNIFFED)
    file.seek(0)
    return head


def decodes(stream: VideoStream | AudioStream) -> bool:
    """Whether there is a decoder: PyAV leaves the context out where there is none, which its types don't say."""
    return getattr(stream, "codec_context", None) is not None


def _container(file: BinaryIO, head: bytes, name: str, options: dict[str, str]) -> InputContainer:
    try:
        return av.open(file, "r", options=options, metadata_errors="replace", buffer_size=READ_AHEAD)
    except FFmpegError as error:
        if is_mp4(head):
            sentence = f"{name} is truncated or damaged: the index of this MP4 file is missing or broken"
            raise InvalidError("nothing_decodes", sentence) from error
        sentence = f"{name} is not a video: it is in no format that is known to hold moving pictures"
        raise InvalidError("not_a_video", sentence) from error
