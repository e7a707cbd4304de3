"""Three minutes of real speech whose words are known, as a film: readings out of the examples, joined with pauses."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

EXAMPLES = Path(__file__).parents[2] / "examples"
RATE = 48_000
LEAD_MS = 150
"""Kept before and after a reading, so that no sound of a word is cut off."""

READINGS = {
    "cabinet-of-curiosities.mp4": [(0, 4), (4, 5), (5, 6), (6, 7), (7, 8), (8, 9), (9, 13), (13, 17)],
    "sonnet-at-night.mp4": [(0, 6)],
}
"""Which lines of an example's `speech` are read in one breath: a president, a novel sentence by sentence, a sonnet."""

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Reading:
    """Some seconds of one speaker, mono, and what is said."""

    samples: Samples
    text: str


def make(target: Path, rounds: int, seed: int) -> str:
    """Write a film in which all readings are heard so many times, each round in another order, with pauses of half a
    second to two and a half; what is said in it."""
    shuffle = random.Random(seed)
    parts: list[Samples] = [_silence(1000)]
    said: list[str] = []
    for _ in range(rounds):
        readings = list(_readings())
        shuffle.shuffle(readings)
        for reading in readings:
            parts += [reading.samples, _silence(shuffle.randrange(500, 2500))]
            said.append(reading.text)
    _write(target, np.concatenate(parts))
    return " ".join(said)


def _readings() -> Iterator[Reading]:
    listed = json.loads((EXAMPLES / "examples.json").read_text("utf-8"))["examples"]
    speech = {entry["file"]: entry["speech"] for entry in listed}
    for file, spans in READINGS.items():
        for first, end in spans:
            lines = speech[file][first:end]
            start, stop = lines[0]["start_ms"] - LEAD_MS, lines[-1]["end_ms"] + LEAD_MS
            heard = _sound(EXAMPLES / file)[start * RATE // 1000 : stop * RATE // 1000]
            yield Reading(heard, " ".join(line["text"] for line in lines))


@cache
def _sound(path: Path) -> Samples:
    """All of a film's sound, whose pictures begin with it."""
    resampler = AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as film:
        frames = [part for frame in film.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.int16)


def _silence(length_ms: int) -> Samples:
    return np.zeros(length_ms * RATE // 1000, dtype=np.int16)


def _write(target: Path, samples: Samples) -> None:
    with av.open(str(target), "w") as film:
        pictures = film.add_stream("libx264", rate=2, options={"preset": "ultrafast", "g": "4"})
        sound = film.add_stream("aac", rate=RATE, layout="mono")
        assert isinstance(pictures, VideoStream) and isinstance(sound, AudioStream)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        for number in range(len(samples) * 2 // RATE):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number % 200, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 2)
            film.mux(pictures.encode(frame))
        film.mux(pictures.encode(None))
        for start in range(0, len(samples), 1024):
            film.mux(sound.encode(_frame(samples[start : start + 1024], start)))
        film.mux(sound.encode(None))


def _frame(samples: Sequence[int] | Samples, start: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.asarray(samples, np.int16).reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
    return frame
