"""How fast a model is on this machine, from decoded frames to vectors."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from rushes_models.ports import ImageTextEncoder, TextEncoder

FRAME = (720, 1280)
"""Height and width of the pictures."""

QUERY = "a man with a camera on a tripod"


@dataclass(frozen=True)
class Speed:
    """How long loading took, and how many pictures (None: it takes none) and single queries a second."""

    load_s: float
    pictures: float | None
    queries: float


def measure(encoder: ImageTextEncoder, batch: int, seconds: float = 2) -> Speed:
    """Encodes batches of noise for `seconds`, then single queries.

    The first of each does not count. Blocks for at least twice `seconds`. Raises `WeightsError` if the model is not
    there.
    """
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (*FRAME, 3), np.uint8) for _ in range(batch)]
    return Speed(
        _load_s(encoder),
        batch * _times_a_second(lambda: encoder.encode_images(pictures), seconds),
        _times_a_second(lambda: encoder.encode_queries([QUERY]), seconds),
    )


def measure_texts(encoder: TextEncoder, seconds: float = 2) -> Speed:
    """Encodes single queries for `seconds`; otherwise as `measure`."""
    return Speed(_load_s(encoder), None, _times_a_second(lambda: encoder.encode([QUERY]), seconds))


def _load_s(encoder: ImageTextEncoder | TextEncoder) -> float:
    start = perf_counter()
    encoder.warm()
    return perf_counter() - start


def _times_a_second(work: Callable[[], object], seconds: float) -> float:
    """The faster half of the runs counts: on a shared machine the others measure somebody else."""
    work()
    took: list[float] = []
    start = perf_counter()
    while perf_counter() - start < seconds or len(took) < 3:
        before = perf_counter()
        work()
        took.append(perf_counter() - before)
    faster = sorted(took)[: (len(took) + 1) // 2]
    return len(faster) / sum(faster)
