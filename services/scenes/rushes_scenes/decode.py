"""Decoding that goes on behind what is broken."""

from collections.abc import Iterator

import av
from av.container import InputContainer
from av.error import ArgumentError, FFmpegError, InvalidDataError
from av.error import MemoryError as OutOfMemory
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

UNREADABLE = 8
"""After so many failures one after the other a file is taken to end; PySceneDetect's limit."""


class Decoding:
    """One run through a stream from where its container stands: iterate it once, for (PTS, frame) as shown.

    What does not decode is skipped; running out of memory is not, it is raised as MemoryError. `packets` holds the PTS
    of the packets so far, whether they decoded or not.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, last_pts: int | None = None) -> None:
        """`last_pts`: end where a packet is to be decoded later than this; by default, where the file ends."""
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
            if self._last_pts is not None and packet.dts is not None and packet.dts > self._last_pts:
                break
        yield from self._decoded(None)

    def _demuxed(self) -> "Iterator[av.Packet[VideoStream]]":
        """The packets that hold data; the container's own end mark is left out."""
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
        """The frames that come out when a packet goes in; those still held back, for None."""
        try:
            frames = self._stream.decode(packet)
        except OutOfMemory:
            raise
        except FFmpegError as error:
            # So a decoder refuses a size, of which it then knows nothing any more; broken data are another error.
            self.refused_size |= isinstance(error, ArgumentError) and not self._stream.codec_context.width
            return
        for frame in frames:
            pts = frame.pts if frame.pts is not None else frame.dts
            if pts is not None:
                yield pts, frame
