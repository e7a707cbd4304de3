"""Write frames and sound as H.264 and AAC in MP4, the same bytes on every run with the same libraries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from making.media import RATE, Samples, Size

_X264 = {"crf": "30", "preset": "slow", "x264-params": "keyint=50:min-keyint=10:threads=1"}
_AAC_FRAME = 1024


@dataclass(frozen=True)
class Timed:
    """A picture and the millisecond, on the container's clock, from which on it is shown."""

    at_ms: int
    picture: Image.Image


@dataclass(frozen=True)
class Sound:
    """Samples, and the millisecond on the container's clock at which they begin."""

    at_ms: int
    samples: Samples


def encode(
    path: Path,
    size: Size,
    frames: Iterable[Timed],
    last_ms: int,
    sound: Sound | None,
    tags: dict[str, str],
) -> None:
    """Write the file. `last_ms` says how long the last frame is shown."""
    # use_editlist: a start after 0 and the AAC encoder's lead-in are kept as edit lists, as cameras do.
    options = {"movflags": "+faststart", "fflags": "+bitexact", "use_editlist": "1"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        container.metadata.update(tags)
        video = _video_stream(container, size)
        audio = _audio_stream(container) if sound else None
        _write_video(container, video, frames, last_ms)
        if audio and sound:
            _write_audio(container, audio, sound)


def _video_stream(container: OutputContainer, size: Size) -> VideoStream:
    stream = container.add_stream("libx264", rate=25, options=_X264)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, 1000)
    context.thread_count = 1
    context.flags |= Flags.bitexact.value
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=RATE, layout="mono")
    stream.codec_context.bit_rate = 56_000
    stream.codec_context.flags |= Flags.bitexact.value
    return stream


def _write_video(container: OutputContainer, stream: VideoStream, frames: Iterable[Timed], last_ms: int) -> None:
    shown = _durations(frames, last_ms)
    for timed, duration_ms in shown:
        frame = av.VideoFrame.from_ndarray(np.asarray(timed.picture), format="rgb24")
        frame.pts, frame.duration, frame.time_base = timed.at_ms, duration_ms, Fraction(1, 1000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _durations(frames: Iterable[Timed], last_ms: int) -> Iterator[tuple[Timed, int]]:
    """Each frame with the time until the next."""
    waiting: Timed | None = None
    for timed in frames:
        if waiting:
            yield waiting, timed.at_ms - waiting.at_ms
        waiting = timed
    if waiting:
        yield waiting, last_ms


def _write_audio(container: OutputContainer, stream: AudioStream, sound: Sound) -> None:
    start = sound.at_ms * RATE // 1000
    for offset in range(0, len(sound.samples), _AAC_FRAME):
        part = sound.samples[offset : offset + _AAC_FRAME]
        frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), start + offset
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def starts_ms(path: Path) -> tuple[int, int | None]:
    """Read back: the time stamps of the first picture and of the first decoded sound, if there is any."""
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        sound = next(container.decode(audio=0)).time if container.streams.audio else None
    return round((picture or 0.0) * 1000), None if sound is None else round(sound * 1000)
