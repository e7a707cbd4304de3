"""Runs a PySceneDetect detector over frames and marks those that look like cuts, whatever the scenes' length.

PySceneDetect's minimum scene length is switched off here: with it a decision depends on all earlier cuts of the file,
which a segment can't know. Without it a decision needs only the frames around it. `shots` applies it afterwards.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from scenedetect import (
    AdaptiveDetector,
    ContentDetector,
    FrameTimecode,
    HashDetector,
    HistogramDetector,
    SceneDetector,
    ThresholdDetector,
)
from scenedetect.scene_manager import compute_downscale_factor

from rushes_scenes.settings import (
    AdaptiveSettings,
    ContentSettings,
    DetectorSettings,
    HashSettings,
    HistogramSettings,
    SceneSettings,
    ThresholdSettings,
)
from rushes_scenes.video_reader import Picture, TimedFrame, VideoClock


@dataclass(frozen=True)
class Detector:
    """A detector that has seen no frame yet, and what must be known to run it on a part of a file."""

    scenes: SceneDetector
    """PySceneDetect's."""
    warm_up: int = 1
    """Number of frames at its start whose decisions differ from those amid a file."""
    delay: int = 0
    """Number of later frames that it needs before it decides about a frame."""
    merges: bool = False
    """The minimum scene length merges cuts that follow each other fast, while the other detectors drop them."""

    @property
    def fading(self) -> bool:
        """True in the black of a fade: the cut's position is only known when the picture returns."""
        return isinstance(self.scenes, ThresholdDetector) and self.scenes.last_fade["type"] == "out"


def new_detector(settings: DetectorSettings) -> Detector:
    """Make a detector. Each 0 switches its minimum scene length off."""
    match settings:
        case AdaptiveSettings(threshold=threshold, window_width=width, min_content_val=least):
            adaptive = AdaptiveDetector(threshold, 0, width, least, luma_only=settings.luma_only)
            return Detector(adaptive, warm_up=width + 1, delay=width)
        case ContentSettings():
            return Detector(ContentDetector(settings.threshold, 0, luma_only=settings.luma_only), merges=True)
        case HistogramSettings():
            return Detector(HistogramDetector(settings.threshold, settings.bins, 0))
        case HashSettings():
            return Detector(HashDetector(settings.threshold, settings.size, settings.lowpass, 0))
        case ThresholdSettings():
            return Detector(ThresholdDetector(settings.threshold, 0, settings.fade_bias))


class FrameTime(NamedTuple):
    """When a frame is presented, on PySceneDetect's clock and on ours."""

    time: FrameTimecode
    ms: int


class CutMark(NamedTuple):
    """A frame that looks like a cut: the minimum scene length counts from `at`, the cut itself is at `cut_ms`.

    They differ only for a cut amid a fade, which counts from the fade's end.
    """

    at: FrameTimecode
    cut_ms: int


@dataclass
class DetectionResult:
    """Consecutive frames and the marks among them."""

    frames: list[FrameTime] = field(default_factory=list)
    marks: list[CutMark] = field(default_factory=list)
    cold: int = 0
    """Number of frames at the beginning whose marks differ from those amid the whole file; 0 at the video's start."""
    began_fading: bool = False
    """The first frame was black already, so the start of the fade is unknown."""


class Detection:
    """One run of a detector over frames that are fed in order, to `end_ms` and as far beyond as it needs."""

    def __init__(self, settings: SceneSettings, clock: VideoClock, size: tuple[int, int], end_ms: int) -> None:
        """`size`: width and height of the video's frames, as stored."""
        self.result = DetectionResult()
        self._detector = new_detector(settings.detector)
        self._min_scene_length = settings.min_scene_len
        self._clock = clock
        self._downscaled_size = downscaled_size(size)
        self._end_ms = end_ms
        self._beyond: list[FrameTimecode] = []

    @property
    def delay(self) -> int:
        """Number of frames after its own at which a cut becomes known."""
        return self._detector.delay

    @property
    def merges(self) -> bool:
        """Whether the minimum scene length merges cuts; see `Detector`."""
        return self._detector.merges

    def feed(self, frame: TimedFrame) -> tuple[int, ...]:
        """Process the next frame. Returns the times in ms of the cuts that it made known, of short scenes too."""
        time = self._clock.timecode(frame.pts)
        cuts = self._detector.scenes.process_frame(time, resized(frame.picture, self._downscaled_size))
        if not self.result.frames and frame.pts > self._clock.first:
            # This run begins amid the file, where one over the whole file would have seen the frames before.
            self.result.cold = self._detector.warm_up
            self.result.began_fading = self._detector.fading
        self.result.frames.append(FrameTime(time, frame.ms))
        # A detector with a delay reports a cut some frames late, at the cut's own time; the others report it at once.
        marks = [CutMark(at=cut if self.delay else time, cut_ms=self._clock.ms_of(cut)) for cut in cuts]
        self.result.marks.extend(marks)
        if frame.ms >= self._end_ms:
            self._beyond.append(time)
        return tuple(mark.cut_ms for mark in marks)

    @property
    def complete(self) -> bool:
        """Whether no later frame can change what is known about the time before the end."""
        if len(self._beyond) < max(1, self.delay) or self._detector.fading:
            return False
        # A merged cut is the last of its group, and a group may grow for as long as the minimum scene length.
        return not self._detector.merges or (self._beyond[-1] - self._beyond[0]) >= self._min_scene_length

    def after(self, earlier: "Detection") -> DetectionResult:
        """Join the results of two runs: the earlier run's as far as it goes, then this run's."""
        before, since = earlier.result, self.result
        if len(before.frames) <= earlier.delay:
            return since
        last, decided = before.frames[-1].time, before.frames[-1 - earlier.delay].time
        return DetectionResult(
            [*before.frames, *(frame for frame in since.frames if frame.time > last)],
            [*before.marks, *(mark for mark in since.marks if mark.at > decided)],
            before.cold,
            before.began_fading,
        )


def downscaled_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height to which PySceneDetect shrinks frames of a size before it compares them."""
    factor = max(1.0, compute_downscale_factor(max(size)))
    return max(1, round(size[0] / factor)), max(1, round(size[1] / factor))


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    """Resize a picture by the interpolation that PySceneDetect uses."""
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
