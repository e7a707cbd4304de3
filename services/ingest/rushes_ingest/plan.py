"""Cutting a video into segments: pure arithmetic, and the choice of a good place left to a function."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rushes_ingest.settings import SegmentLimits

STAGE_VERSION = 1
"""Raised when the same video and settings would come out otherwise than before."""

LEAST_SHARE = 0.4
"""The least part of what is left that is cut off, where that is too short for segments of `min_s`."""

Cut = Callable[[int, int, int], int]
"""Chooses where to cut: called with the earliest, the best and the latest time allowed, in ms; answers one between."""


def plan_segments(duration_ms: int, limits: SegmentLimits, cut: Cut) -> list[tuple[int, int]]:
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
class NearestKeyframe:
    """Cuts a video without sound: at a keyframe, where decoding can begin."""

    keyframes_ms: Sequence[int]
    """Ascending."""

    def __call__(self, earliest_ms: int, target_ms: int, latest_ms: int) -> int:
        """The keyframe in [earliest_ms, latest_ms] that is nearest to the target; the target, if there is none."""
        at = bisect_left(self.keyframes_ms, target_ms)
        near = [time for time in self.keyframes_ms[max(0, at - 1) : at + 1] if earliest_ms <= time <= latest_ms]
        return min(near, key=lambda time: abs(time - target_ms), default=target_ms)
