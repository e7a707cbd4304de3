"""Measures encoders: how fast one is on this machine, and how closely the vectors of two agree."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from rushes_models.ports import Image, ImageTextEncoder, TextEncoder, Vectors

Clock = Callable[[], float]
"""Counts seconds from any origin."""

FRAME = (720, 1280)
"""Height and width of the pictures whose speed is measured."""

QUERY = "a man with a camera on a tripod"

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
"""Height and width of the pictures whose vectors are compared."""


@dataclass(frozen=True)
class Speed:
    """Seconds to load, pictures per second (None for a text encoder), and single queries per second."""

    load_s: float
    pictures: float | None
    queries: float


@dataclass(frozen=True)
class Agreement:
    """The lowest cosine between two encoders' vectors of the same input, over all pictures and over all queries."""

    pictures: float
    queries: float


def measure(encoder: ImageTextEncoder, batch: int, seconds: float = 2, clock: Clock = perf_counter) -> Speed:
    """Encode batches of noise for `seconds`, then single queries for as long.

    The first run of each does not count. Blocks for at least twice `seconds`. With `time.process_time` as `clock`
    the result is in seconds of one core, whatever else the machine does. Raises `WeightsError` if the model is
    missing.
    """
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (*FRAME, 3), np.uint8) for _ in range(batch)]
    return Speed(
        _load_s(encoder, clock),
        batch * _runs_per_second(lambda: encoder.encode_images(pictures), seconds, clock),
        _runs_per_second(lambda: encoder.encode_queries([QUERY]), seconds, clock),
    )


def measure_texts(encoder: TextEncoder, seconds: float = 2) -> Speed:
    """Encode single queries for `seconds`; otherwise as `measure`."""
    load_s = _load_s(encoder, perf_counter)
    return Speed(load_s, None, _runs_per_second(lambda: encoder.encode([QUERY]), seconds, perf_counter))


def agreement(one: ImageTextEncoder, other: ImageTextEncoder) -> Agreement:
    """Encode the same pictures and texts with both encoders and compare the vectors."""
    pictures = made_up_pictures()
    return Agreement(
        _lowest_cosine(one.encode_images(pictures), other.encode_images(pictures)),
        _lowest_cosine(one.encode_queries(TEXTS), other.encode_queries(TEXTS)),
    )


def made_up_pictures() -> list[Image]:
    """Return patches of colour with a little grain, in several sizes; the same pictures at every call."""
    random = np.random.default_rng(0)
    return [_picture(height, width, random) for height, width in _SIZES]


def _load_s(encoder: ImageTextEncoder | TextEncoder, clock: Clock) -> float:
    start = clock()
    encoder.warm()
    return clock() - start


def _runs_per_second(work: Callable[[], object], seconds: float, clock: Clock) -> float:
    work()
    took: list[float] = []
    start = clock()
    while clock() - start < seconds or len(took) < 3:
        before = clock()
        work()
        took.append(clock() - before)
    # Only the faster half counts: on a shared machine the slower runs measure other processes.
    faster = sorted(took)[: (len(took) + 1) // 2]
    return len(faster) / sum(faster)


def _picture(height: int, width: int, random: np.random.Generator) -> Image:
    # Patches and not noise: resizing turns noise into an even grey, and all vectors would agree.
    colours = random.integers(0, 256, (6, 6, 3))
    rows, columns = (np.arange(length) * 6 // length for length in (height, width))
    grain = random.integers(-12, 13, (height, width, 3))
    return np.asarray(np.clip(colours[rows][:, columns] + grain, 0, 255), np.uint8)


def _lowest_cosine(one: Vectors, other: Vectors) -> float:
    return float((one * other).sum(axis=1).min())
