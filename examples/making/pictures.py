"""Frames: photographs that the camera drifts over, and footage as it was shot."""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image, ImageOps

Size = tuple[int, int]
Box = tuple[float, float, float, float]

_ENOUGH = 1600
"""Photographs are first reduced to this width: more would not be seen, and would be slow."""


@dataclass(frozen=True)
class View:
    """A part of a photograph, in the film's aspect ratio: centre and width as fractions of the photograph."""

    x: float = 0.5
    y: float = 0.5
    width: float = 1.0


def photograph(path: Path) -> Image.Image:
    """The photograph in RGB, upright, at most `_ENOUGH` pixels wide."""
    picture = _raccoon(path) if path.suffix == ".dat" else Image.open(path)
    picture = ImageOps.exif_transpose(picture).convert("RGB")
    if picture.width > _ENOUGH:
        height = round(picture.height * _ENOUGH / picture.width)
        picture = picture.resize((_ENOUGH, height), Image.Resampling.LANCZOS)
    return picture


def _raccoon(path: Path) -> Image.Image:
    """SciPy keeps its photograph as bare bzip2 bytes, 1024 by 768."""
    return Image.frombytes("RGB", (1024, 768), bz2.decompress(path.read_bytes()))


def drift(picture: Image.Image, start: View, end: View, frames: int, size: Size) -> Iterator[Image.Image]:
    """`frames` views of the picture, moving steadily from `start` to `end`. The pixels stay square."""
    for index in range(frames):
        done = index / max(frames - 1, 1)
        view = View(
            start.x + (end.x - start.x) * done,
            start.y + (end.y - start.y) * done,
            start.width + (end.width - start.width) * done,
        )
        yield picture.resize(size, Image.Resampling.LANCZOS, box=_box(picture, view, size))


def _box(picture: Image.Image, view: View, size: Size) -> Box:
    """The view in pixels, pushed back inside the picture where it would stick out."""
    width = min(view.width * picture.width, picture.height * size[0] / size[1])
    height = width * size[1] / size[0]
    left = min(max(view.x * picture.width - width / 2, 0.0), picture.width - width)
    top = min(max(view.y * picture.height - height / 2, 0.0), picture.height - height)
    return (left, top, left + width, top + height)


def footage(path: Path, size: Size) -> list[tuple[int, Image.Image]]:
    """All frames of a video's first video stream, each with its time in ms from the first."""
    frames: list[tuple[int, Image.Image]] = []
    with av.open(str(path)) as container:
        first: float | None = None
        for frame in container.decode(video=0):
            assert frame.time is not None
            first = frame.time if first is None else first
            picture = Image.fromarray(frame.to_ndarray(format="rgb24")).resize(size, Image.Resampling.LANCZOS)
            frames.append((round((frame.time - first) * 1000), picture))
    return frames
