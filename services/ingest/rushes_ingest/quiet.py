"""Where a video's sound is quiet: the place to cut it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rushes_ingest.clock import SAMPLES_PER_MS
from rushes_ingest.pcm import Pcm

STEP_MS = 20
"""Time that one level stands for."""
PAUSE_STEPS = 15
"""Levels are averaged over so many steps: 300 ms, a pause between sentences and longer than one between words."""
SILENCE_DB = -60.0
"""What is quieter counts as equally silent. 0 dB is the power of a full-scale square wave."""
SIMILAR_DB = 3.0
"""What is louder than the quietest place by no more than this is as good a pause."""
READ_MS = 60_000
"""Sound that is looked at at a time."""

Levels = NDArray[np.float32]
"""One dimension: mean power in each step of STEP_MS, of samples between -1 and 1."""


def levels(pcm: Pcm, duration_ms: int) -> Levels:
    """How loud a finished sound is all along; 200 bytes a second."""
    starts = range(0, duration_ms, READ_MS)
    parts = [_powers(pcm, start, min(start + READ_MS, duration_ms)) for start in starts]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _powers(pcm: Pcm, start_ms: int, end_ms: int) -> Levels:
    samples = pcm.read(start_ms, end_ms).astype(np.float32) / 32768
    step = STEP_MS * SAMPLES_PER_MS
    samples = np.pad(samples, (0, -len(samples) % step))
    powers: Levels = np.mean(np.square(samples.reshape(-1, step)), axis=1, dtype=np.float32)
    return powers


@dataclass(frozen=True)
class Quietest:
    """Cuts in the middle of the longest pause. Where there is none, as in music, in the quietest place."""

    levels: Levels

    def __call__(self, earliest_ms: int, target_ms: int, latest_ms: int) -> int:
        """The place to cut in [earliest_ms, latest_ms]; of two equally good pauses the one nearer the target."""
        first = -(-earliest_ms // STEP_MS)
        smooth = self._smoothed_db(first, latest_ms // STEP_MS + 1)
        if not len(smooth):
            return target_ms
        quiet = smooth <= smooth.min() + SIMILAR_DB
        begins, ends = _runs(quiet)
        middles = (first + (begins + ends - 1) / 2 + 0.5) * STEP_MS
        best = np.lexsort((np.abs(middles - target_ms), begins - ends))[0]
        return int(min(max(middles[best], earliest_ms), latest_ms))

    def _smoothed_db(self, first: int, end: int) -> NDArray[np.float64]:
        """The levels [first, end), each averaged with its neighbours, in dB."""
        half = PAUSE_STEPS // 2
        before, after = max(0, first - half), end + half
        window = self.levels[before:after]
        ones = np.ones(PAUSE_STEPS)
        mean = np.convolve(window, ones, "same") / np.convolve(np.ones(len(window)), ones, "same")
        inner = mean[first - before : end - before]
        decibels: NDArray[np.float64] = np.maximum(10 * np.log10(np.maximum(inner, 1e-10)), SILENCE_DB)
        return decibels


def _runs(quiet: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each stretch of True begins, and where it has ended."""
    edges = np.diff(np.concatenate(([0], quiet.astype(np.int8), [0])))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
