"""Keyframes: collects candidate pictures before the scenes are known, makes them small, and chooses among them."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from rushes_runtime.errors import TransientError
from rushes_scenes.video_reader import Picture, TimedFrame

CANDIDATE_EVERY_MS = 250
"""How often a picture is kept, whatever it shows."""
MAX_REGULAR_CANDIDATES = 600
"""At most this many pictures are kept at that interval, however long the segment: about 30 MB at 640 pixels width."""
MS_PER_KEYFRAME = 600
"""A scene has one keyframe for each such time that fits into it, and at least one."""
EDGE_MS = 120
"""This near to a scene's ends a picture may still be in transition."""
DARK = 16.0
"""Mean brightness, of 255, below which a picture shows almost nothing."""


@dataclass(frozen=True)
class Candidate:
    """A picture that is on screen at `time_ms`. `dark`: it shows almost nothing."""

    time_ms: int
    jpeg: bytes
    dark: bool


@dataclass(frozen=True)
class Thumbnails:
    """How pictures are made small: at most `width` pixels wide as displayed, JPEG `quality` 1 to 100."""

    width: int
    quality: int
    pixel_aspect: Fraction = Fraction(1)
    """Width of a pixel divided by its height; the thumbnail's pixels are square."""

    def thumbnail(self, frame: TimedFrame) -> Picture:
        """Return a frame as it is displayed: upright, in its true proportions, and never enlarged."""
        turns = round(frame.frame.rotation / 90) % 4
        height, width = frame.picture.shape[:2]
        wide, high = self._size(width, height, sideways=turns % 2 == 1)
        # Shrink before turning: turning the full frame would copy all of it.
        small = cv2.resize(frame.picture, (wide, high), interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(np.rot90(small, turns), dtype=np.uint8)

    def jpeg(self, picture: Picture) -> bytes:
        """Encode a picture as a JPEG file. Raises TransientError if OpenCV can't."""
        done, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, self.quality))
        if not done:
            raise TransientError("a picture can't be written as JPEG")
        return data.tobytes()

    def dark(self, picture: Picture) -> bool:
        """Whether a picture is nearly black."""
        return float(picture.mean()) < DARK

    def _size(self, width: int, height: int, sideways: bool) -> tuple[int, int]:
        """Width and height before turning, for a frame of this many stored pixels."""
        # Pixels become square by shrinking one side, since the other could only be enlarged.
        wide = width * min(Fraction(1), self.pixel_aspect)
        high = height / max(Fraction(1), self.pixel_aspect)
        scale = min(Fraction(1), Fraction(self.width) / (high if sideways else wide))
        return max(1, round(wide * scale)), max(1, round(high * scale))


class CandidateCollector:
    """Collects the candidates of the segment [start_ms, end_ms) as small JPEGs, so that memory is bounded."""

    def __init__(self, start_ms: int, end_ms: int, delay: int, thumbnails: Thumbnails) -> None:
        """`delay`: number of frames after its own at which a cut becomes known."""
        self._start_ms, self._end_ms = start_ms, end_ms
        self._every_ms = max(CANDIDATE_EVERY_MS, (end_ms - start_ms) // MAX_REGULAR_CANDIDATES)
        self._due_ms = start_ms
        self._thumbnails = thumbnails
        self._held: TimedFrame | None = None
        # When a cut becomes known its own frame is `delay` frames old, so that many decoded frames are kept.
        self._recent: deque[TimedFrame] = deque(maxlen=delay + 1)
        self._kept: dict[int, Candidate] = {}
        self.empty = True
        """No frame of the segment's own was fed."""

    def feed(self, frame: TimedFrame, cuts_ms: Iterable[int]) -> None:
        """Take the next frame, and the times of the cuts that it made known."""
        if frame.ms < self._start_ms:
            self._held = frame
        elif frame.ms < self._end_ms:
            self._feed_inside(frame)
        # Even a mark that becomes no cut gets a picture: its scene may be too short for one of the regular pictures.
        for recent in self._recent:
            if recent.ms in cuts_ms:
                self._keep(recent.ms, recent)

    def candidates(self) -> list[Candidate]:
        """Return all candidates in order of time; at least one, if any frame before the segment's end was fed."""
        if self.empty:
            self._keep_held()
        return sorted(self._kept.values(), key=lambda candidate: candidate.time_ms)

    def _feed_inside(self, frame: TimedFrame) -> None:
        if self.empty and frame.ms > self._start_ms:
            self._keep_held()
        self.empty = False
        self._recent.append(frame)
        if frame.ms >= self._due_ms:
            self._keep(frame.ms, frame)
            self._due_ms = frame.ms + self._every_ms

    def _keep_held(self) -> None:
        """Keep the frame before the segment, which stays on screen until the segment's first frame."""
        if self._held is not None:
            self._keep(self._start_ms, self._held)

    def _keep(self, time_ms: int, frame: TimedFrame) -> None:
        if time_ms not in self._kept:
            small = self._thumbnails.thumbnail(frame)
            self._kept[time_ms] = Candidate(time_ms, self._thumbnails.jpeg(small), self._thumbnails.dark(small))


def choose_keyframes(candidates: Sequence[Candidate], start_ms: int, end_ms: int, limit: int) -> list[Candidate]:
    """Return up to `limit` candidates of the scene [start_ms, end_ms), spread evenly over it, in order of time.

    Each stands for an equal part of the scene and is the candidate nearest to the part's middle; a dark one is chosen
    only if its part has no other. Returns an empty list if the scene has no candidate.
    """
    inside = [candidate for candidate in candidates if start_ms <= candidate.time_ms < end_ms]
    # A quarter at most, so that a very short scene keeps a middle to choose from.
    edge_ms = min(EDGE_MS, (end_ms - start_ms) // 4)
    good = [each for each in inside if start_ms + edge_ms <= each.time_ms < end_ms - edge_ms] or inside
    parts = max(1, min(limit, (end_ms - start_ms) // MS_PER_KEYFRAME))
    reach_ms = (end_ms - start_ms) / (2 * parts)
    middles = [start_ms + (2 * part + 1) * reach_ms for part in range(parts)]
    nearest = {_nearest(good, middle, reach_ms) for middle in middles} if good else set()
    return sorted(nearest, key=lambda candidate: candidate.time_ms)


def _nearest(candidates: Sequence[Candidate], middle_ms: float, reach_ms: float) -> Candidate:
    def distance(candidate: Candidate) -> tuple[bool, float]:
        off = abs(candidate.time_ms - middle_ms)
        # A dark candidate within the part competes with those outside it by distance alone.
        return (off > reach_ms or candidate.dark, off)

    return min(candidates, key=distance)
