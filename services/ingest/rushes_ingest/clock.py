"""The one clock: integer milliseconds from the first presented frame, computed from PTS and never from a count."""

from dataclasses import dataclass
from fractions import Fraction

SAMPLE_RATE = 16_000
"""Samples a second of the sound that ingest writes."""
SAMPLES_PER_MS = SAMPLE_RATE // 1000


@dataclass(frozen=True)
class Clock:
    """A video's clock. `first` is the PTS of the first presented frame, in units of `time_base` seconds."""

    first: int
    time_base: Fraction

    def ms(self, pts: int) -> int:
        """The time of a PTS of the video's stream, to the nearest millisecond; negative before the first frame."""
        return round((pts - self.first) * self.time_base * 1000)

    def sample(self, pts: int, time_base: Fraction) -> int:
        """The number of the 16 kHz sample that is heard at a PTS of any stream; sample 0 is heard at 0 ms."""
        return round((pts * time_base - self.first * self.time_base) * SAMPLE_RATE)
