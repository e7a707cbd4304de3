"""Where a word begins to be heard.

Whisper's alignment lets a word after a pause begin in the pause, or before it: of 388 words of read English 30 began
more than 150 ms early, "what" in "ask not ... what your country" even 1.2 s. Where such a word begins then depends on
what else is in the window; where it ends hardly does (230 ms at most).

Between two words without a pause it's a guess, too: "is" in "we are selfish is to ..." took 100 ms, or 560 of them with
the end of the word before. What is longer than its letters take is cut at its beginning.
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
WORD_MS, LETTER_MS = 200, 60
"""What a word takes at most, in slow English speech: so much, and so much for each letter."""
SIGN_MS = 250
"""The same for what is more than a sound: a digit, a letter of an abbreviation, a sign of a script without capitals."""
FLOOR = 1e-10
"""Power of what is taken for silence."""

Sound = NDArray[np.float32]


def heard_from(sound: Sound, text: str, start_s: float, end_s: float) -> float:
    """When a word is first heard, in seconds: `start_s`, or the end of the pause that it begins in or before, and no
    longer before its end than the word can take.

    `sound` is 16 kHz mono between -1 and 1. In noise and music there is no pause to be heard.
    """
    return max(_after_pause(sound, start_s, end_s), end_s - longest_s(text))


def longest_s(text: str) -> float:
    """What a word takes at most, in seconds."""
    signs = [sign for sign in (text if text.isupper() else text.lower()) if sign.isalnum()]
    return (WORD_MS + sum(LETTER_MS if sign.islower() else SIGN_MS for sign in signs)) / 1000


def _after_pause(sound: Sound, start_s: float, end_s: float) -> float:
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
