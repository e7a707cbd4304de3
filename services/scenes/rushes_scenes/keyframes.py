"""Choosing which pictures stand for a scene."""

from collections.abc import Sequence

from rushes_scenes.pictures import Candidate

LEAST_MS = 600
"""A scene has one keyframe for each time that this fits in, and at least one."""
EDGE_MS = 120
"""So near a scene's ends a picture may still be in transition."""


def chosen(candidates: Sequence[Candidate], start_ms: int, end_ms: int, most: int) -> list[Candidate]:
    """Up to `most` candidates of the scene [start_ms, end_ms), spread evenly over it, in order of time.

    Each stands for an equal part of the scene, as near the part's middle as there is one; a dark one only if its part
    has no other. None, if there is no candidate in the scene.
    """
    inside = [candidate for candidate in candidates if start_ms <= candidate.time_ms < end_ms]
    edge_ms = min(EDGE_MS, (end_ms - start_ms) // 4)
    good = [each for each in inside if start_ms + edge_ms <= each.time_ms < end_ms - edge_ms] or inside
    parts = max(1, min(most, (end_ms - start_ms) // LEAST_MS))
    reach_ms = (end_ms - start_ms) / (2 * parts)
    middles = [start_ms + (2 * part + 1) * reach_ms for part in range(parts)]
    nearest = {_nearest(good, middle, reach_ms) for middle in middles} if good else set()
    return sorted(nearest, key=lambda candidate: candidate.time_ms)


def _nearest(candidates: Sequence[Candidate], middle_ms: float, reach_ms: float) -> Candidate:
    def distance(candidate: Candidate) -> tuple[bool, float]:
        off = abs(candidate.time_ms - middle_ms)
        return (off > reach_ms or candidate.dark, off)

    return min(candidates, key=distance)
