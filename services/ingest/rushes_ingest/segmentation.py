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
"""Raised when the same video and settings would come out otherwise than before."""

LEAST_SHARE = 0.4
"""The least part of what is left that is cut off, where that is too short for segments of `min_s`."""

ChooseCut = Callable[[int, int, int], int]
"""Chooses where to cut: called with the earliest, the best and the latest time allowed, in ms; answers one between."""


def plan_segments(duration_ms: int, limits: SegmentLimits, cut: ChooseCut) -> list[tuple[int, int]]:
    """The segments [start, end) of a video in ms: in order, without gap or overlap, from 0 to its end.

    None is longer than `max_s`, and a video up to that length is one segment. Else none is shorter than `min_s`,
    except towards the end, where what is left may not allow it: there they are at least 0.4 of `max_s`.
    `duration_ms` is at least 1.
    """
    segments = []
    start = 0
    while duration_ms - start > limits.max_ms:
        earliest, target, latest = _window(duration_ms - start, limits)
        end = cut(start + earliest, start + target, start + latest)
        end = min(max(end, start + earliest), start + latest)
        segments.append((start, end))
        start = end
    return [*segments, (start, duration_ms)]


def _window(rest_ms: int, limits: SegmentLimits) -> tuple[int, int, int]:
    """The earliest, the best and the latest place of the next cut, from where what is left begins.

    The best one makes equal parts of about the target's length of what is left, so that the last is never tiny.
    """
    least = min(limits.min_ms, int(rest_ms * LEAST_SHARE))
    latest = min(limits.max_ms, rest_ms - least)
    parts = max(2, round(rest_ms / limits.target_ms))
    return least, min(max(rest_ms // parts, least), latest), latest


@dataclass(frozen=True)
class KeyframeCut:
    """Cuts a video without sound: at a keyframe, where decoding can begin."""

    keyframes_ms: Sequence[int]
    """Ascending."""

    def __call__(self, earliest_ms: int, target_ms: int, latest_ms: int) -> int:
        """The keyframe in [earliest_ms, latest_ms] that is nearest to the target; the target, if there is none."""
        at = bisect_left(self.keyframes_ms, target_ms)
        near = [time for time in self.keyframes_ms[max(0, at - 1) : at + 1] if earliest_ms <= time <= latest_ms]
        return min(near, key=lambda time: abs(time - target_ms), default=target_ms)


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


def power_levels(pcm: PcmFile, duration_ms: int) -> Levels:
    """How loud a finished sound is all along; 200 bytes a second."""
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
    """Cuts in the middle of the longest pause. Where there is none, as in music, in the quietest place."""

    levels: Levels

    def __call__(self, earliest_ms: int, target_ms: int, latest_ms: int) -> int:
        """The place to cut in [earliest_ms, latest_ms]; of two equally good pauses the one nearer the target."""
        first = -(-earliest_ms // STEP_MS)
        smooth = self._smoothed_db(first, latest_ms // STEP_MS + 1)
        if not len(smooth):
            return target_ms
        quiet = smooth <= smooth.min() + SIMILAR_DB
        begins, ends = _stretches(quiet)
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


def _stretches(quiet: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each stretch of True begins, and where it has ended."""
    edges = np.diff(np.concatenate(([0], quiet.astype(np.int8), [0])))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
