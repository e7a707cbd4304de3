"""Judging frames: which of them look like cuts, before the shortest scene is considered."""

from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from scenedetect import FrameTimecode
from scenedetect.scene_manager import compute_downscale_factor

from rushes_scenes.clock import Clock
from rushes_scenes.detectors import detector
from rushes_scenes.film import Picture, Shown
from rushes_scenes.settings import SceneSettings


class Moment(NamedTuple):
    """When a frame is shown, on PySceneDetect's clock and on ours."""

    time: FrameTimecode
    ms: int


class Mark(NamedTuple):
    """A frame that looks like a cut: `at` is what the shortest scene is counted from, `cut_ms` where the cut lies.

    They differ for the cut amid a fade alone, which counts from the fade's end.
    """

    at: FrameTimecode
    cut_ms: int


@dataclass
class Judgement:
    """Frames one after the other, and the marks among them."""

    frames: list[Moment] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    cold: int = 0
    """So many frames at the beginning are not judged as they are amid the whole file; 0 if the video begins here."""
    began_fading: bool = False
    """The first frame was black already, so that it is not known when the fade began."""


class Detection:
    """One run of a detector over frames that are fed to it in order, to `end_ms` and as far beyond as it needs."""

    def __init__(self, settings: SceneSettings, clock: Clock, size: tuple[int, int], end_ms: int) -> None:
        """`size`: width and height of the video's frames, as stored."""
        self.judgement = Judgement()
        self._detector = detector(settings.detector)
        self._shortest = settings.min_scene_len
        self._clock = clock
        self._small = small(size)
        self._end_ms = end_ms
        self._beyond: list[FrameTimecode] = []

    @property
    def delay(self) -> int:
        """A cut is known so many frames after its own."""
        return self._detector.delay

    @property
    def merges(self) -> bool:
        """Whether the shortest scene merges cuts; see `Detector`."""
        return self._detector.merges

    def feed(self, shown: Shown) -> tuple[int, ...]:
        """Judge the next frame. Returns the times in ms of the cuts that it made known, of short scenes too."""
        time = self._clock.timecode(shown.pts)
        cuts = self._detector.scenes.process_frame(time, shrunk(shown.picture, self._small))
        if not self.judgement.frames and shown.pts > self._clock.first:
            self.judgement.cold = self._detector.warm_up
            self.judgement.began_fading = self._detector.fading
        self.judgement.frames.append(Moment(time, shown.ms))
        marks = [Mark(at=cut if self.delay else time, cut_ms=self._clock.ms_of(cut)) for cut in cuts]
        self.judgement.marks.extend(marks)
        if shown.ms >= self._end_ms:
            self._beyond.append(time)
        return tuple(mark.cut_ms for mark in marks)

    @property
    def complete(self) -> bool:
        """Whether no later frame can change what is known about the time before the end."""
        if len(self._beyond) < max(1, self.delay) or self._detector.fading:
            return False
        # A merged cut is the last of its kind for the length of a shortest scene.
        return not self._detector.merges or (self._beyond[-1] - self._beyond[0]) >= self._shortest

    def after(self, earlier: "Detection") -> Judgement:
        """The judgement of both runs: as far as the earlier one's goes, then this one's."""
        before, since = earlier.judgement, self.judgement
        if len(before.frames) <= earlier.delay:
            return since
        last, judged = before.frames[-1].time, before.frames[-1 - earlier.delay].time
        return Judgement(
            [*before.frames, *(frame for frame in since.frames if frame.time > last)],
            [*before.marks, *(mark for mark in since.marks if mark.at > judged)],
            before.cold,
            before.began_fading,
        )


def small(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height to which PySceneDetect shrinks frames of a size before it looks at them."""
    factor = max(1.0, compute_downscale_factor(max(size)))
    return max(1, round(size[0] / factor)), max(1, round(size[1] / factor))


def shrunk(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture in another size, by the interpolation that PySceneDetect uses."""
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
