"""The raw media of the films: views of photographs, footage as it was shot, and recordings on a timeline."""

from __future__ import annotations

import bz2
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from making.sources import Phrase, Source

RATE = 48_000
"""Samples per second of every example's sound, mono."""

Samples = NDArray[np.float32]
Size = tuple[int, int]
Box = tuple[float, float, float, float]

_FADE_MS = 15
_ENOUGH = 1600
"""Photographs are first reduced to this width in pixels: more is slow and makes no visible difference."""


@dataclass(frozen=True)
class View:
    """A part of a photograph, in the film's aspect ratio: centre and width as fractions of the photograph."""

    x: float = 0.5
    y: float = 0.5
    width: float = 1.0


def photograph(path: Path) -> Image.Image:
    """Return the photograph in RGB, upright, at most `_ENOUGH` pixels wide."""
    picture = _raccoon(path) if path.suffix == ".dat" else Image.open(path)
    picture = ImageOps.exif_transpose(picture).convert("RGB")
    if picture.width > _ENOUGH:
        height = round(picture.height * _ENOUGH / picture.width)
        picture = picture.resize((_ENOUGH, height), Image.Resampling.LANCZOS)
    return picture


def _raccoon(path: Path) -> Image.Image:
    """SciPy stores its photograph as raw RGB bytes, 1024 by 768, compressed with bzip2."""
    return Image.frombytes("RGB", (1024, 768), bz2.decompress(path.read_bytes()))


def drift(picture: Image.Image, start: View, end: View, frames: int, size: Size) -> Iterator[Image.Image]:
    """Yield `frames` views of the picture that move steadily from `start` to `end`. The pixels stay square."""
    for index in range(frames):
        done = index / max(frames - 1, 1)
        view = View(
            start.x + (end.x - start.x) * done,
            start.y + (end.y - start.y) * done,
            start.width + (end.width - start.width) * done,
        )
        yield picture.resize(size, Image.Resampling.LANCZOS, box=_box(picture, view, size))


def _box(picture: Image.Image, view: View, size: Size) -> Box:
    """The view in pixels, moved so that it lies inside the picture."""
    width = min(view.width * picture.width, picture.height * size[0] / size[1])
    height = width * size[1] / size[0]
    left = min(max(view.x * picture.width - width / 2, 0.0), picture.width - width)
    top = min(max(view.y * picture.height - height / 2, 0.0), picture.height - height)
    return (left, top, left + width, top + height)


def footage(path: Path, size: Size) -> list[tuple[int, Image.Image]]:
    """Return all frames of a video's first video stream, each with its time in ms from the first."""
    frames: list[tuple[int, Image.Image]] = []
    with av.open(str(path)) as container:
        first: float | None = None
        for frame in container.decode(video=0):
            assert frame.time is not None
            first = frame.time if first is None else first
            picture = Image.fromarray(frame.to_ndarray(format="rgb24")).resize(size, Image.Resampling.LANCZOS)
            frames.append((round((frame.time - first) * 1000), picture))
    return frames


@dataclass(frozen=True)
class Clip:
    """A part of a recording that starts at `at_ms` of the film. `gain` equalises the recordings' loudness."""

    source: Source
    at_ms: int
    from_ms: int = 0
    to_ms: int = 1_000_000
    gain: float = 1.0

    def phrases(self) -> list[Phrase]:
        """Return the phrases of this part, on the film's clock."""
        shift = self.at_ms - self.from_ms
        return [
            Phrase(phrase.start_ms + shift, phrase.end_ms + shift, phrase.text)
            for phrase in self.source.phrases
            if phrase.start_ms >= self.from_ms and phrase.end_ms <= self.to_ms
        ]


def mixed(clips: Sequence[tuple[Clip, Path]], duration_ms: int) -> Samples:
    """Mix all clips on one mono timeline of exactly `duration_ms`; the rest is silence."""
    timeline = np.zeros(_samples(duration_ms), dtype=np.float32)
    for clip, path in clips:
        part = _faded(_recording(path)[_samples(clip.from_ms) : _samples(clip.to_ms)] * np.float32(clip.gain))
        start = _samples(clip.at_ms)
        end = min(start + len(part), len(timeline))
        timeline[start:end] += part[: end - start]
    return np.clip(timeline, -0.99, 0.99)


def _samples(milliseconds: int) -> int:
    return milliseconds * RATE // 1000


def _recording(path: Path) -> Samples:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    parts: list[Samples] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            parts += [piece.to_ndarray()[0].astype(np.float32) for piece in resampler.resample(frame)]
    parts += [piece.to_ndarray()[0].astype(np.float32) for piece in resampler.resample(None)]
    return np.concatenate(parts)


def _faded(part: Samples) -> Samples:
    """Fade a part in and out, so that its ends do not click."""
    length = min(_samples(_FADE_MS), len(part) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    part = part.copy()
    part[:length] *= ramp
    part[len(part) - length :] *= ramp[::-1]
    return part
