"""How fast a model is on this machine, from decoded frames to vectors."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from rushes_models.ports import ImageTextEncoder, TextEncoder

Clock = Callable[[], float]
"""Counts seconds from anywhere."""

FRAME = (720, 1280)
"""Height and width of the pictures."""

QUERY = "a man with a camera on a tripod"


@dataclass(frozen=True)
class Speed:
    """How long loading took, and how many pictures (None: it takes none) and single queries a second."""

    load_s: float
    pictures: float | None
    queries: float


def measure(encoder: ImageTextEncoder, batch: int, seconds: float = 2, clock: Clock = perf_counter) -> Speed:
    """Encodes batches of noise for `seconds`, then single queries.

    The first of each does not count. Blocks for at least twice `seconds`. `clock` may be `time.process_time`: then all
    is in seconds of one core, whatever else the machine does. Raises `WeightsError` if the model is not there.
    """
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (*FRAME, 3), np.uint8) for _ in range(batch)]
    return Speed(
        _load_s(encoder, clock),
        batch * _times_a_second(lambda: encoder.encode_images(pictures), seconds, clock),
        _times_a_second(lambda: encoder.encode_queries([QUERY]), seconds, clock),
    )


def measure_texts(encoder: TextEncoder, seconds: float = 2) -> Speed:
    """Encodes single queries for `seconds`; otherwise as `measure`."""
    load_s = _load_s(encoder, perf_counter)
    return Speed(load_s, None, _times_a_second(lambda: encoder.encode([QUERY]), seconds, perf_counter))


def _load_s(encoder: ImageTextEncoder | TextEncoder, clock: Clock) -> float:
    start = clock()
    encoder.warm()
    return clock() - start


def _times_a_second(work: Callable[[], object], seconds: float, clock: Clock) -> float:
    """The faster half of the runs counts: on a shared machine the others measure somebody else."""
    work()
    took: list[float] = []
    start = clock()
    while clock() - start < seconds or len(took) < 3:
        before = clock()
        work()
        took.append(clock() - before)
    faster = sorted(took)[: (len(took) + 1) // 2]
    return len(faster) / sum(faster)
