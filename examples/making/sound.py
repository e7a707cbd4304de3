"""Sound: recordings laid on a timeline, with what is said in them and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from making.sources import Phrase, Source

RATE = 48_000
"""Samples a second of every example's sound, mono."""

Samples = NDArray[np.float32]

_FADE_MS = 15


@dataclass(frozen=True)
class Clip:
    """A part of a recording, laid at `at_ms` of the film. `gain` evens out the recordings' loudness."""

    source: Source
    at_ms: int
    from_ms: int = 0
    to_ms: int = 1_000_000
    gain: float = 1.0

    def phrases(self) -> list[Phrase]:
        """What is said in this part, on the film's clock."""
        shift = self.at_ms - self.from_ms
        return [
            Phrase(phrase.start_ms + shift, phrase.end_ms + shift, phrase.text)
            for phrase in self.source.phrases
            if phrase.start_ms >= self.from_ms and phrase.end_ms <= self.to_ms
        ]


def mixed(clips: Sequence[tuple[Clip, Path]], duration_ms: int) -> Samples:
    """All clips on one mono timeline of exactly `duration_ms`, with silence where there is none."""
    timeline = np.zeros(_samples(duration_ms), dtype=np.float32)
    for clip, path in clips:
        part = _faded(_recording(path)[_samples(clip.from_ms) : _samples(clip.to_ms)] * np.float32(clip.gain))
        start = _samples(clip.at_ms)
        end = min(start + len(part), len(timeline))
        timeline[start:end] += part[: end - start]
    return np.clip(timeline, -0.99, 0.99)


def _samples(milliseconds: int) -> int:
    return milliseconds * RATE // 1000


def _recording(path: Path) -> Samples:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    parts: list[Samples] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            parts += [piece.to_ndarray()[0].astype(np.float32) for piece in resampler.resample(frame)]
    parts += [piece.to_ndarray()[0].astype(np.float32) for piece in resampler.resample(None)]
    return np.concatenate(parts)


def _faded(part: Samples) -> Samples:
    """No click where a recording is cut."""
    length = min(_samples(_FADE_MS), len(part) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    part = part.copy()
    part[:length] *= ramp
    part[len(part) - length :] *= ramp[::-1]
    return part
