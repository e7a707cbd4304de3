"""Pictures as CLIP models want them, to the bit as open_clip does it, without torch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from rushes_models.clip_recipe import Preprocess
from rushes_models.ports import Image

_FILTERS = {"bicubic": Pillow.Resampling.BICUBIC, "bilinear": Pillow.Resampling.BILINEAR}


def to_batch(images: Sequence[Image], how: Preprocess) -> NDArray[np.float32]:
    """Shape (n, 3, side, side), for n >= 1 RGB pictures."""
    return np.stack([to_input(image, how) for image in images])


def to_input(image: Image, how: Preprocess) -> NDArray[np.float32]:
    """Shape (3, side, side): scaled to 0..1, less the mean, over the standard deviation."""
    scaled = to_square(image, how).astype(np.float32) / np.float32(255)
    normal = (scaled - np.asarray(how.mean, np.float32)) / np.asarray(how.std, np.float32)
    return np.asarray(normal.transpose(2, 0, 1), np.float32)


def to_square(image: Image, how: Preprocess) -> Image:
    """Shape (side, side, 3), resized by Pillow, whose filters widen when they shrink (OpenCV's do not)."""
    height, width = _resized(image.shape[0], image.shape[1], how)
    picture = Pillow.fromarray(image).resize((width, height), _FILTERS[how.interpolation])
    resized = np.asarray(picture, np.uint8)
    return _padded(resized, how) if how.resize_mode == "longest" else _cropped(resized, how.side)


def _resized(height: int, width: int, how: Preprocess) -> tuple[int, int]:
    """Height and width before cropping or padding. Rounds down or to the nearest where open_clip does."""
    side = how.side
    if how.resize_mode == "squash":
        return side, side
    if how.resize_mode == "longest":
        ratio = max(height, width) / side
        return max(1, round(height / ratio)), max(1, round(width / ratio))
    return (int(side * height / width), side) if width <= height else (side, int(side * width / height))


def _cropped(image: Image, side: int) -> Image:
    """The central square of a picture at least as large."""
    top, left = (round((length - side) / 2) for length in image.shape[:2])
    return image[top : top + side, left : left + side]


def _padded(image: Image, how: Preprocess) -> Image:
    """The picture in the middle of a square at least as large."""
    square = np.full((how.side, how.side, 3), how.fill_color, np.uint8)
    top, left = ((how.side - length) // 2 for length in image.shape[:2])
    square[top : top + image.shape[0], left : left + image.shape[1]] = image
    return square
