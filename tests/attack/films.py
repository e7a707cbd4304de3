"""Tiny films, each of other bytes, and one whose end is broken."""

import hashlib
from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from av.video.stream import VideoStream

from rushes_schemas.ids import video_id

SIZE = (160, 120)
FPS = 5


def film(seed: int, seconds: float = 2) -> bytes:
    """A silent film of one moving picture."""
    coarse = np.random.default_rng(seed).integers(30, 230, (6, 8, 3), dtype=np.uint8)
    picture = coarse.repeat(20, 0).repeat(20, 1)
    target = BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": "1"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(round(seconds * FPS)):
            frame = av.VideoFrame.from_ndarray(np.roll(picture, number, 1), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def broken_at_its_end(seed: int, seconds: float, from_s: float) -> bytes:
    """A film of which nothing decodes from a time on."""
    data = bytearray(film(seed, seconds))
    with av.open(BytesIO(bytes(data)), "r") as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.pos is not None and packet.pts is not None and packet.pts * packet.time_base >= from_s:
                data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    return bytes(data)


def id_of(data: bytes) -> str:
    """The id of the video that has these bytes."""
    return video_id(hashlib.sha256(data).hexdigest())
