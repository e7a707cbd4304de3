"""From a cutting list to an encoded film, and to the truth about it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from making.encode import Sound, Timed, encode
from making.media import Clip, Size, View, drift, footage, mixed, photograph
from making.sources import Phrase, Source

FRAME_MS = 40
"""25 frames a second, wherever a film is steady."""

Fetch = Callable[[Source], Path]
ShotFrame = tuple[int, Image.Image]


@dataclass(frozen=True)
class Still:
    """A photograph, shown for `frames` frames while the view drifts from `start` to `end`."""

    source: Source
    seen: str
    frames: int
    start: View
    end: View

    def shown(self, path: Path, size: Size) -> tuple[list[ShotFrame], int]:
        """The frames with their times in ms from the shot's start, and the shot's length in ms."""
        pictures = drift(photograph(path), self.start, self.end, self.frames, size)
        return [(index * FRAME_MS, picture) for index, picture in enumerate(pictures)], self.frames * FRAME_MS


@dataclass(frozen=True)
class Moving:
    """A part of a filmed clip: its frames `first` up to, not including, `stop`."""

    source: Source
    seen: str
    first: int = 0
    stop: int | None = None
    there_and_back: bool = False
    """Shown forwards, then backwards."""
    steps: tuple[int, ...] | None = None
    """None: one frame after the other, 25 a second. Otherwise the frames keep the times at which they were
    shot, and only some are taken: after each, so many frames on as the next number of this cycle says."""

    def shown(self, path: Path, size: Size) -> tuple[list[ShotFrame], int]:
        """As `Still.shown`."""
        frames = footage(path, size)[self.first : self.stop]
        if self.steps is not None:
            zero = frames[0][0]
            taken = [frames[index] for index in _stepping(self.steps, len(frames))]
            return [(ms - zero, picture) for ms, picture in taken], frames[-1][0] - zero + FRAME_MS
        pictures = [picture for _, picture in frames]
        if self.there_and_back:
            pictures += pictures[::-1]
        length_ms = len(pictures) * FRAME_MS
        return [(index * FRAME_MS, picture) for index, picture in enumerate(pictures)], length_ms


def _stepping(steps: tuple[int, ...], count: int) -> Iterator[int]:
    """The indices taken of `count` frames, the last one always: a track ends with its last frame."""
    indices = itertools.accumulate(itertools.cycle(steps), initial=0)
    yield from itertools.takewhile(lambda index: index < count - 1, indices)
    yield count - 1


@dataclass(frozen=True)
class Film:
    """A cutting list. Times in it count from the first picture."""

    file: str
    title: str
    description: str
    purpose: str
    language: str | None
    licence: str
    """Of the film as a whole; each source keeps its own."""
    shots: tuple[Still | Moving, ...]
    clips: tuple[Clip, ...] = ()
    size: Size = (640, 360)
    picture_starts_at_ms: int = 0
    """The container's time stamp of the first picture."""
    sound_starts_after_ms: int = 0
    """The sound track's first sample, after the first picture."""

    @property
    def sources(self) -> list[Source]:
        """Every source once, in order of first use."""
        used = [shot.source for shot in self.shots] + [clip.source for clip in self.clips]
        return list(dict.fromkeys(used))

    @property
    def speech(self) -> list[Phrase]:
        """All that is said, in order."""
        phrases = [phrase for clip in self.clips for phrase in clip.phrases()]
        return sorted(phrases, key=lambda phrase: phrase.start_ms)


@dataclass(frozen=True)
class Cut:
    """One shot as encoded, in ms from the first picture."""

    start_ms: int
    end_ms: int
    seen: str


def make(film: Film, fetch: Fetch, target: Path) -> list[Cut]:
    """Encode `film` into `target`; the shots' exact times."""
    frames: list[Timed] = []
    cuts: list[Cut] = []
    clock = 0
    for shot in film.shots:
        shown, length_ms = shot.shown(fetch(shot.source), film.size)
        frames += [Timed(film.picture_starts_at_ms + clock + ms, picture) for ms, picture in shown]
        cuts.append(Cut(clock, clock + length_ms, shot.seen))
        clock += length_ms
    last_ms = film.picture_starts_at_ms + clock - frames[-1].at_ms
    encode(target, film.size, frames, last_ms, _sound(film, fetch, clock), _tags(film))
    return cuts


def _sound(film: Film, fetch: Fetch, duration_ms: int) -> Sound | None:
    if not film.clips:
        return None
    samples = mixed([(clip, fetch(clip.source)) for clip in film.clips], duration_ms)
    first = film.sound_starts_after_ms
    return Sound(film.picture_starts_at_ms + first, samples[first * 48 :])


def _tags(film: Film) -> dict[str, str]:
    """Title and credits travel inside the file."""
    credits = "; ".join(f"{source.what}: {source.author} ({source.licence})" for source in film.sources)
    return {"title": film.title, "copyright": film.licence, "comment": credits}
