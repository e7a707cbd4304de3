"""Where a word begins to be heard.

Whisper's alignment lets a word after a pause begin in the pause, or before it: of 388 words of read English 30 began
more than 150 ms early, "what" in "ask not ... what your country" even 1.2 s. Where such a word begins then depends on
what else is in the window; where it ends hardly does (160 ms at most).
"""

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
STEP_MS = 10
"""Time that one level stands for."""
QUIET_DB = 20.0
"""What is so much below the word's loudest step is quiet."""
PAUSE_STEPS = 15
"""A quiet stretch of so many steps is a pause. Within a word, before a stop or a soft consonant, it is shorter."""
RESIDUE_STEPS = 30
"""A pause that begins later is no pause before the word; what is heard before one is the end of the word before."""
FLOOR = 1e-10
"""Power of what is taken for silence."""

Sound = NDArray[np.float32]


def heard_from(sound: Sound, start_s: float, end_s: float) -> float:
    """When a word is first heard, in seconds: `start_s`, or the end of the pause that it begins in or before.

    `sound` is 16 kHz mono between -1 and 1. Where there is no pause, as in noise and music, nothing is changed.
    """
    levels = _levels(sound, start_s, end_s)
    if not len(levels):
        return start_s
    loud = np.concatenate(([-1], np.flatnonzero(levels >= levels.max() - QUIET_DB)))
    gaps = np.diff(loud) - 1
    pauses = np.flatnonzero((gaps >= PAUSE_STEPS) & (loud[:-1] < RESIDUE_STEPS))
    return start_s + int(loud[pauses[-1] + 1]) * STEP_MS / 1000 if len(pauses) else start_s


def _levels(sound: Sound, start_s: float, end_s: float) -> NDArray[np.float64]:
    """How loud each step is, in dB; what is left of a last step is left out."""
    step = SAMPLE_RATE * STEP_MS // 1000
    part = sound[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
    steps = part[: len(part) // step * step].reshape(-1, step).astype(np.float64)
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(np.square(steps).mean(axis=1), FLOOR))
    return decibels
