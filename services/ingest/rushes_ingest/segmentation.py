"""Cutting a video into segments: in the longest pause of its sound or, without sound, at a keyframe."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rushes_ingest.audio import PcmFile
from rushes_ingest.media_file import SAMPLES_PER_MS
from rushes_ingest.settings import SegmentLimits

STAGE_VERSION = 1
"""Part of every recipe. Increase it when the same video and settings lead to another plan than before."""

LEAST_SHARE = 0.4
"""The smallest share of the rest that is cut off if the rest is too short for segments of `min_s`."""

ChooseCut = Callable[[int, int, int], int]
"""Chooses where to cut: maps the earliest, the best and the latest allowed time, in ms, to a time between them."""


def plan_segments(duration_ms: int, limits: SegmentLimits, cut: ChooseCut) -> list[tuple[int, int]]:
    """Return the segments [start, end) of a video in ms: in order, without gap or overlap, from 0 to its end.

    None is longer than `max_s`, and a video up to that length is one segment. In longer ones, none is shorter than
    `min_s`, except for the last ones if the rest does not allow it; these have at least 0.4 of `max_s`. `duration_ms`
    is at least 1.
    """
    segments = []
    start = 0
    while duration_ms - start > limits.max_ms:
        earliest, target, latest = _window(duration_ms - start, limits)
        end = cut(start + earliest, start + target, start + latest)
        # The cut is a preference. The limits hold whatever it returns.
        end = min(max(end, start + earliest), start + latest)
        segments.append((start, end))
        start = end
    return [*segments, (start, duration_ms)]


def _window(rest_ms: int, limits: SegmentLimits) -> tuple[int, int, int]:
    """Return the earliest, the best and the latest place of the next cut, relative to the start of the rest."""
    least = min(limits.min_ms, int(rest_ms * LEAST_SHARE))
    latest = min(limits.max_ms, rest_ms - least)
    # The best place divides the rest into equal parts of about the target length, so the last is never tiny.
    parts = max(2, round(rest_ms / limits.target_ms))
    return least, min(max(rest_ms // parts, least), latest), latest


@dataclass(frozen=True)
class KeyframeCut:
    """Cuts a video without sound at a keyframe, where decoding can start."""

    keyframes_ms: Sequence[int]
    """Ascending."""

    def __call__(self, earliest_ms: int, target_ms: int, latest_ms: int) -> int:
        """Return the keyframe in [earliest_ms, latest_ms] nearest to the target, or the target if there is none."""
        at = bisect_left(self.keyframes_ms, target_ms)
        near = [time for time in self.keyframes_ms[max(0, at - 1) : at + 1] if earliest_ms <= time <= latest_ms]
        return min(near, key=lambda time: abs(time - target_ms), default=target_ms)


STEP_MS = 20
"""Time that one level stands for."""
PAUSE_STEPS = 15
"""Number of steps over which levels are averaged: 300 ms, longer than a pause between words."""
SILENCE_DB = -60.0
"""Everything quieter counts as equally silent. 0 dB is the power of a full-scale square wave."""
SIMILAR_DB = 3.0
"""A place counts as a pause if it is at most this much louder than the quietest one."""
READ_MS = 60_000
"""Length of the sound that is in memory at a time."""

Levels = NDArray[np.float32]
"""One dimension: mean power in each step of STEP_MS, of samples between -1 and 1."""


def power_levels(pcm: PcmFile, duration_ms: int) -> Levels:
    """Return the levels of a finished sound; 200 bytes for each second of it."""
    starts = range(0, duration_ms, READ_MS)
    parts = [_powers(pcm, start, min(start + READ_MS, duration_ms)) for start in starts]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _powers(pcm: PcmFile, start_ms: int, end_ms: int) -> Levels:
    samples = pcm.read(start_ms, end_ms).astype(np.float32) / 32768
    step = STEP_MS * SAMPLES_PER_MS
    samples = np.pad(samples, (0, -len(samples) % step))
    powers: Levels = np.mean(np.square(samples.reshape(-1, step)), axis=1, dtype=np.float32)
    return powers


@dataclass(frozen=True)
class SilenceCut:
    """Cuts in the middle of the longest pause; in sound without pauses, such as music, in the quietest place."""

    levels: Levels

    def __call__(self, earliest_ms: int, target_ms: int, latest_ms: int) -> int:
        """Return the place to cut in [earliest_ms, latest_ms]. Of equally long pauses, the nearest to the target."""
        first = -(-earliest_ms // STEP_MS)
        smooth = self._smoothed_db(first, latest_ms // STEP_MS + 1)
        if not len(smooth):
            return target_ms
        silent = smooth <= smooth.min() + SIMILAR_DB
        begins, ends = _runs(silent)
        middles = (first + (begins + ends - 1) / 2 + 0.5) * STEP_MS
        # lexsort sorts by its last key first: the longest pause, then the nearest to the target.
        best = np.lexsort((np.abs(middles - target_ms), begins - ends))[0]
        return int(min(max(middles[best], earliest_ms), latest_ms))

    def _smoothed_db(self, first: int, end: int) -> NDArray[np.float64]:
        """Return the levels [first, end) in dB, each averaged with its neighbours."""
        half = PAUSE_STEPS // 2
        before, after = max(0, first - half), end + half
        window = self.levels[before:after]
        # At the ends of the sound a level has fewer neighbours; the second convolution counts them.
        ones = np.ones(PAUSE_STEPS)
        mean = np.convolve(window, ones, "same") / np.convolve(np.ones(len(window)), ones, "same")
        inner = mean[first - before : end - before]
        decibels: NDArray[np.float64] = np.maximum(10 * np.log10(np.maximum(inner, 1e-10)), SILENCE_DB)
        return decibels


def _runs(silent: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the start of each run of True, and the index after its end."""
    edges = np.diff(np.concatenate(([0], silent.astype(np.int8), [0])))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
