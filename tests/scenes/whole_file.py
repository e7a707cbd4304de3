"""What PySceneDetect says of a whole file in one pass: the truth that segments are measured by."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from scenedetect import (
    AdaptiveDetector,
    ContentDetector,
    HashDetector,
    HistogramDetector,
    SceneDetector,
    SceneManager,
    ThresholdDetector,
    VideoStreamAv,
)

from rushes_scenes.settings import SceneSettings
from rushes_scenes.shots import find_shots
from rushes_scenes.video_reader import open_video

DETECTORS: dict[str, type[SceneDetector]] = {
    "adaptive": AdaptiveDetector,
    "content": ContentDetector,
    "histogram": HistogramDetector,
    "hash": HashDetector,
    "threshold": ThresholdDetector,
}


def whole_file_cuts(path: Path, detector: str, **parameters: Any) -> list[int]:
    """PySceneDetect's own cuts, in ms from the first presented frame."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        first = next(container.decode(stream))
        assert first.pts is not None and first.time_base is not None
        # Its times count from the stream's start, which need not be where the first frame is.
        lag = (first.pts - (stream.start_time or 0)) * first.time_base
    # `scenedetect.detect`, without its printing what FFmpeg has to say.
    manager = SceneManager()
    manager.add_detector(DETECTORS[detector](**parameters))
    manager.detect_scenes(VideoStreamAv(str(path), suppress_output=True))
    return [round((begin.pts * begin.time_base - lag) * 1000) for begin, _ in manager.get_scene_list()][1:]


def segment_cuts(path: Path, borders_ms: Iterable[int], settings: SceneSettings) -> list[int]:
    """The cuts of all segments between these borders, each found in a pass of its own."""
    found: list[int] = []
    for start_ms, end_ms in pairwise(borders_ms):
        with open_video(str(path), path.name) as film:
            found += find_shots(film, settings, start_ms, end_ms).cuts_ms
    return found


def borders(duration_ms: int, length_ms: int) -> Sequence[int]:
    """Borders of segments of a length; the last one takes what is left."""
    return [*range(0, duration_ms, length_ms), duration_ms]
