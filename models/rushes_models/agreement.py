"""How closely two encoders of one model agree, on pictures and texts made up for it."""

from dataclasses import dataclass

import numpy as np

from rushes_models.ports import Image, ImageTextEncoder, Vectors

TEXTS = (
    "a photo of a cat",
    "two people walking along a beach at sunset",
    "rocket",
    "It's a dog's life, isn't it?",
    "고양이 한 마리",
    "夜の東京タワー",
    "ein rotes Auto vor der Straße",
    "une tasse de café &amp; un croissant",
    "1969: the Moon landing — Apollo 11 😀",
    "every word of this is too much " * 20,
    "",
)

_SIZES = ((480, 640), (360, 640), (640, 360), (224, 224), (100, 150), (1080, 1920), (64, 48), (300, 301))
"""Height and width of the pictures."""


@dataclass(frozen=True)
class Agreement:
    """The lowest cosine between the vectors of one input."""

    pictures: float
    queries: float


def agreement(one: ImageTextEncoder, other: ImageTextEncoder) -> Agreement:
    """Encodes the same pictures and texts with both."""
    pictures = made_up_pictures()
    return Agreement(
        _lowest_cosine(one.encode_images(pictures), other.encode_images(pictures)),
        _lowest_cosine(one.encode_queries(TEXTS), other.encode_queries(TEXTS)),
    )


def made_up_pictures() -> list[Image]:
    """Patches of colour with a little grain, in several sizes; the same at every call."""
    random = np.random.default_rng(0)
    return [_picture(height, width, random) for height, width in _SIZES]


def _picture(height: int, width: int, random: np.random.Generator) -> Image:
    colours = random.integers(0, 256, (6, 6, 3))
    rows, columns = (np.arange(length) * 6 // length for length in (height, width))
    grain = random.integers(-12, 13, (height, width, 3))
    return np.asarray(np.clip(colours[rows][:, columns] + grain, 0, 255), np.uint8)


def _lowest_cosine(one: Vectors, other: Vectors) -> float:
    return float((one * other).sum(axis=1).min())
