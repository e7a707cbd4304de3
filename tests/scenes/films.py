"""Films made for tests: shots that really differ, at known times, in whatever container and timing is asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import chain
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from rushes_scenes.video_reader import Picture

MS = Fraction(1, 1000)
SIZE = (264, 148)
"""Just so large that PySceneDetect shrinks it."""


@cache
def scenery(seed: int, size: tuple[int, int] = SIZE) -> Picture:
    """A picture with shapes and colours of its own, like no other seed's."""
    random = np.random.default_rng(seed)
    coarse = random.integers(30, 230, (5, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def black(size: tuple[int, int] = SIZE) -> Picture:
    """Nothing at all."""
    return np.zeros((size[1], size[0], 3), dtype=np.uint8)


def panned(picture: Picture, steps: int) -> Picture:
    """The picture, moved sideways a little, so that no two frames of a shot are the same."""
    return np.roll(picture, steps, axis=1)


def steady(cuts_ms: Sequence[int], end_ms: int, fps: int = 25) -> Iterator[tuple[int, Picture]]:
    """Frames at a constant rate, each with the ms it is shown at; another shot begins at each of `cuts_ms`."""
    return at((index * 1000 // fps for index in range(end_ms * fps // 1000)), cuts_ms)


def at(times_ms: Iterable[int], cuts_ms: Sequence[int]) -> Iterator[tuple[int, Picture]]:
    """Frames at these times; another shot begins at each of `cuts_ms`."""
    for index, ms in enumerate(times_ms):
        yield ms, panned(scenery(sum(cut <= ms for cut in cuts_ms)), abs(index % 40 - 20))


def write(
    path: Path,
    frames: Iterable[tuple[int, Picture]],
    *,
    codec: str = "libx264",
    options: Mapping[str, str] | None = None,
    start_ms: int = 0,
    fps: int = 25,
    pixel_aspect: Fraction | None = None,
    rotation: int = 0,
) -> Path:
    """Encode frames in the container that the path's suffix names; the first is shown `start_ms` after 0."""
    shown = iter(frames)
    first = next(shown)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=dict(options or FAST))
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = first[1].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = MS
        if pixel_aspect:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation:
            stream.set_display_rotation(rotation)
        for ms, picture in chain([first], shown):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = start_ms + ms, MS
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


FAST = {"preset": "ultrafast", "crf": "23", "g": "50"}
B_FRAMES = {"preset": "superfast", "crf": "23", "g": "50", "bf": "3", "x264-params": "b-adapt=0:scenecut=0"}
OPEN_GOP = {
    "preset": "superfast",
    "crf": "23",
    "g": "30",
    "bf": "3",
    "x264-params": "open-gop=1:b-adapt=0:scenecut=0",
}
"""Encoder options: quick; B-frames in every group; groups whose first frames need the group before."""
