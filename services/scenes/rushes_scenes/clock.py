"""The one clock: integer milliseconds from the first presented frame, computed from PTS and never from a count."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from scenedetect import FrameTimecode
from scenedetect.common import Timecode


@dataclass(frozen=True)
class Clock:
    """A video's clock, and its translation into PySceneDetect's.

    `first` is the PTS of the first presented frame, in units of `time_base` seconds. `rate`, frames a second, is what
    the container says; it only tells PySceneDetect how long a number of frames is.
    """

    first: int
    time_base: Fraction
    rate: Fraction

    def ms(self, pts: int | Fraction) -> int:
        """The time of a PTS, to the nearest millisecond; negative before the first frame."""
        return round((pts - self.first) * self.time_base * 1000)

    def pts(self, ms: int) -> int:
        """The last PTS at or before a time."""
        return self.first + int(Fraction(ms, 1000) / self.time_base)

    def timecode(self, pts: int) -> FrameTimecode:
        """A PTS as PySceneDetect's detectors want it."""
        return FrameTimecode(Timecode(pts - self.first, self.time_base), self.rate)

    def ms_of(self, timecode: FrameTimecode) -> int:
        """The time of what a detector answered. A cut amid a fade has no frame of its own, and so no PTS."""
        ms: int = round(timecode.pts * timecode.time_base * 1000)
        return ms

    def frames_ms(self, frames: int) -> int:
        """How long a number of frames is, at the container's rate, rounded up."""
        return ceil(frames * 1000 / self.rate)
