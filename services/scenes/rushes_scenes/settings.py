"""The settings of the scenes service and of its detectors."""

from typing import Annotated, Any, Literal

from pydantic import Field

from rushes_runtime import settings as shared
from rushes_runtime.memory import MemoryLimit
from rushes_runtime.settings import Part

STAGE_VERSION = 2
"""Part of every recipe. Raise it when a change of the code gives other results for the same settings."""

NO_EFFECT_ON_RESULT = frozenset({"decode_threads", "time_limit_s", "memory_limit", "max_pixels"})
"""Settings that change how the work is done, but not its result: recipes leave them out."""


ByteValue = Annotated[float, Field(ge=0, le=255)]


class AdaptiveSettings(Part):
    """A cut is a frame that differs from the one before it far more than its neighbours do."""

    name: Literal["adaptive"] = "adaptive"
    """The detector to which these settings belong."""
    threshold: Annotated[float, Field(gt=0, le=255)] = 3.0
    """Minimum ratio of its difference to the neighbours' mean difference."""
    window_width: Annotated[int, Field(ge=1, le=12)] = 2
    """Number of neighbours on each side."""
    min_content_val: ByteValue = 15.0
    """A difference below this is never a cut."""
    luma_only: bool = False
    """Compare brightness only, not hue and saturation."""


class ContentSettings(Part):
    """A cut is a frame that differs enough from the one before it."""

    name: Literal["content"] = "content"
    """The detector to which these settings belong."""
    threshold: ByteValue = 27.0
    """Mean difference of hue, saturation and brightness, each 0 to 255."""
    luma_only: bool = False
    """Compare brightness only, not hue and saturation."""


class HistogramSettings(Part):
    """A cut is a frame whose brightness histogram differs from that of the one before it."""

    name: Literal["histogram"] = "histogram"
    """The detector to which these settings belong."""
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.2
    """One minus the histograms' correlation."""
    bins: Annotated[int, Field(ge=2, le=256)] = 128
    """Bins of the histogram."""


class HashSettings(Part):
    """A cut is a frame whose perceptual hash differs from that of the one before it."""

    name: Literal["hash"] = "hash"
    """The detector to which these settings belong."""
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.35
    """Share of the hash's bits that must differ."""
    size: Annotated[int, Field(ge=2, le=64)] = 8
    """The hash has `size` times `size` bits."""
    lowpass: Annotated[int, Field(ge=1, le=16)] = 2
    """One in this many frequencies, the lowest, goes into the hash."""


class ThresholdSettings(Part):
    """A cut lies within each time that the picture is black: between a fade out and a fade in."""

    name: Literal["threshold"] = "threshold"
    """The detector to which these settings belong."""
    threshold: Annotated[int, Field(ge=0, le=255)] = 12
    """Mean brightness below which a picture is black."""
    fade_bias: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Position of the cut in the black: -1 at its beginning, 0 in its middle, 1 at its end."""


DetectorSettings = Annotated[
    AdaptiveSettings | ContentSettings | HistogramSettings | HashSettings | ThresholdSettings,
    Field(discriminator="name"),
]


class SceneSettings(Part):
    """What counts as a shot, and which pictures are taken from it."""

    detector: DetectorSettings = AdaptiveSettings()
    """Which of PySceneDetect's detectors finds the cuts, by its `name`, and its parameters."""
    min_scene_len: Annotated[int, Field(ge=0, le=10_000)] | Annotated[float, Field(ge=0, le=60)] = 15
    """PySceneDetect's minimum scene length: frames if a whole number, seconds if written with a point."""
    lead_in_ms: Annotated[int, Field(ge=0, le=60_000)] = 2000
    """How long before a segment's start its detector begins, in addition to one minimum scene length."""
    max_lead_in_ms: Annotated[int, Field(ge=0, le=3_600_000)] = 120_000
    """How long the lead-in may become if cuts follow each other so fast that a short one does not determine them."""
    keyframes: Annotated[int, Field(ge=1, le=24)] = 3
    """Keyframes of one scene; a short scene has fewer."""
    picture_width: Annotated[int, Field(ge=16, le=3840)] = 640
    """Width of a keyframe in pixels, as displayed. A smaller video is not enlarged."""
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 85
    """JPEG quality of the keyframes: 100 is best."""
    storyboard_every_ms: Annotated[int, Field(ge=250, le=60_000)] = 2000
    """Time between two pictures of the storyboard; longer in a segment of more than 100 pictures."""
    storyboard_width: Annotated[int, Field(ge=16, le=640)] = 160
    """Width of a picture of the storyboard in pixels."""
    decode_threads: Annotated[int, Field(ge=0, le=64)] = 0
    """Threads of the decoder; 0: as many as there are cores."""
    max_pixels: Annotated[int, Field(ge=1_000_000, le=500_000_000)] = 50_000_000
    """Width times height of a picture; a larger one counts as broken. 8K has 35 million."""
    time_limit_s: Annotated[float, Field(gt=0, le=86_400)] = 600
    """A segment that takes longer is one failed attempt."""
    memory_limit: MemoryLimit = None
    """Bytes of memory that the compute child may take; 0: no limit. Default: a third of the machine's memory, and at
    least 3 GB."""

    def result_settings(self) -> dict[str, Any]:
        """Return the settings that change the result, as JSON values: a recipe hashes them with `STAGE_VERSION`."""
        return self.model_dump(mode="json", exclude=set(NO_EFFECT_ON_RESULT))


class Settings(shared.Settings):
    """All settings of the scenes service."""

    scenes: SceneSettings = SceneSettings()
