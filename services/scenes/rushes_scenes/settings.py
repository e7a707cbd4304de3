"""Settings of the scenes service."""

from typing import Annotated, Any

from pydantic import Field

from rushes_runtime.memory import MemoryLimit
from rushes_runtime.settings import Part
from rushes_scenes.detectors import AdaptiveSettings, DetectorSettings

STAGE_VERSION = 2
"""Part of every recipe. Raise it when the same settings begin to give another result."""

ONLY_HOW = frozenset({"decode_threads", "time_limit_s", "memory_limit", "max_pixels"})
"""Settings that say how the work is done or what is refused, and leave its result alone."""


class SceneSettings(Part):
    """What counts as a shot, and which pictures are taken out of one."""

    detector: DetectorSettings = AdaptiveSettings()
    """Which of PySceneDetect's detectors finds the cuts, by its `name`, and its parameters."""
    min_scene_len: Annotated[int, Field(ge=0, le=10_000)] | Annotated[float, Field(ge=0, le=60)] = 15
    """PySceneDetect's shortest scene: frames if a whole number, seconds if written with a point."""
    lead_in_ms: Annotated[int, Field(ge=0, le=60_000)] = 2000
    """How much before its start a segment's detector begins, on top of one shortest scene."""
    max_lead_in_ms: Annotated[int, Field(ge=0, le=3_600_000)] = 120_000
    """How far the lead-in is lengthened where cuts follow each other so fast that it does not settle them."""
    keyframes: Annotated[int, Field(ge=1, le=24)] = 3
    """Pictures of one scene; a short scene has fewer."""
    picture_width: Annotated[int, Field(ge=16, le=3840)] = 640
    """Pixels across a picture, as displayed. A smaller video is not enlarged."""
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 85
    """Of the pictures: 100 is best."""
    storyboard_every_ms: Annotated[int, Field(ge=250, le=60_000)] = 2000
    """How far apart the pictures of the storyboard are, in a segment that is not too long for it."""
    storyboard_width: Annotated[int, Field(ge=16, le=640)] = 160
    """Pixels across a picture of the storyboard."""
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
        """The settings that shape the result, ready for JSON: what a recipe is made of, with `STAGE_VERSION`."""
        return self.model_dump(mode="json", exclude=set(ONLY_HOW))
