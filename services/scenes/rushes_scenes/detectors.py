"""PySceneDetect's detectors, each told to report every frame that looks like a cut.

The shortest scene is switched off in here: it makes a verdict depend on all earlier cuts of the file, which a segment
can't know. Without it a verdict needs only the frames around it. `settle` applies the shortest scene afterwards.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field
from scenedetect import (
    AdaptiveDetector,
    ContentDetector,
    HashDetector,
    HistogramDetector,
    SceneDetector,
    ThresholdDetector,
)

from rushes_runtime.settings import Part

ByteValue = Annotated[float, Field(ge=0, le=255)]


class AdaptiveSettings(Part):
    """A cut is a frame that differs from the one before it far more than its neighbours do."""

    name: Literal["adaptive"] = "adaptive"
    """Which detector these are the settings of."""
    threshold: Annotated[float, Field(gt=0, le=255)] = 3.0
    """How many times the neighbours' mean difference."""
    window_width: Annotated[int, Field(ge=1, le=12)] = 2
    """How many neighbours on each side."""
    min_content_val: ByteValue = 15.0
    """A difference below this is never a cut."""
    luma_only: bool = False
    """Look at brightness alone, not at hue and saturation."""


class ContentSettings(Part):
    """A cut is a frame that differs enough from the one before it."""

    name: Literal["content"] = "content"
    """Which detector these are the settings of."""
    threshold: ByteValue = 27.0
    """Mean difference of hue, saturation and brightness, each 0 to 255."""
    luma_only: bool = False
    """Look at brightness alone, not at hue and saturation."""


class HistogramSettings(Part):
    """A cut is a frame whose brightness histogram differs from that of the one before it."""

    name: Literal["histogram"] = "histogram"
    """Which detector these are the settings of."""
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.2
    """One minus the histograms' correlation."""
    bins: Annotated[int, Field(ge=2, le=256)] = 128
    """Bins of the histogram."""


class HashSettings(Part):
    """A cut is a frame whose perceptual hash differs from that of the one before it."""

    name: Literal["hash"] = "hash"
    """Which detector these are the settings of."""
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.35
    """Share of the hash's bits that must differ."""
    size: Annotated[int, Field(ge=2, le=64)] = 8
    """The hash has `size` times `size` bits."""
    lowpass: Annotated[int, Field(ge=1, le=16)] = 2
    """Only one in so many frequencies is looked at, the lowest."""


class ThresholdSettings(Part):
    """A cut lies in the middle of each time that the picture is black: a fade out and in."""

    name: Literal["threshold"] = "threshold"
    """Which detector these are the settings of."""
    threshold: Annotated[int, Field(ge=0, le=255)] = 12
    """Mean brightness below which a picture is black."""
    fade_bias: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Where in the black the cut lies: -1 at its beginning, 1 at its end."""


DetectorSettings = Annotated[
    AdaptiveSettings | ContentSettings | HistogramSettings | HashSettings | ThresholdSettings,
    Field(discriminator="name"),
]


@dataclass(frozen=True)
class Detector:
    """A detector at the start of its work, and what must be known to run it on a part of a file."""

    scenes: SceneDetector
    """PySceneDetect's."""
    warm_up: int = 1
    """So many frames at its start are judged otherwise than the same frames amid a file."""
    delay: int = 0
    """So many more frames must be seen before a frame is judged."""
    merges: bool = False
    """The shortest scene merges cuts that follow each other fast, where the other detectors drop them."""

    @property
    def fading(self) -> bool:
        """True in the black of a fade: where the cut lies is only known when the light comes back."""
        return isinstance(self.scenes, ThresholdDetector) and self.scenes.last_fade["type"] == "out"


def detector(of: DetectorSettings) -> Detector:
    """A fresh detector."""
    match of:
        case AdaptiveSettings(threshold=threshold, window_width=width, min_content_val=least):
            adaptive = AdaptiveDetector(threshold, 0, width, least, luma_only=of.luma_only)
            return Detector(adaptive, warm_up=width + 1, delay=width)
        case ContentSettings():
            return Detector(ContentDetector(of.threshold, 0, luma_only=of.luma_only), merges=True)
        case HistogramSettings():
            return Detector(HistogramDetector(of.threshold, of.bins, 0))
        case HashSettings():
            return Detector(HashDetector(of.threshold, of.size, of.lowpass, 0))
        case ThresholdSettings():
            return Detector(ThresholdDetector(of.threshold, 0, of.fade_bias))
