"""Pictures that are larger than the limit are never decoded, wherever in the video they come."""

import resource
from pathlib import Path

import pytest
from tests.attack.giant import mov

from rushes_runtime.errors import InvalidError
from rushes_scenes.settings import SceneSettings
from rushes_scenes.shots import find_shots
from rushes_scenes.video_reader import open_video

SMALL, GIANT = (640, 360), (16_000, 16_000)


def test_video_of_giant_pictures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "giant.mov"
    path.write_bytes(mov([GIANT]))
    with pytest.raises(InvalidError, match=r"giant\.mov are larger") as refused, open_video(str(path), "giant.mov"):
        pass
    assert refused.value.reason == "too_large_pictures"


def test_giant_pictures_amid_others_count_as_broken(tmp_path: Path) -> None:
    path = tmp_path / "grows.mov"
    path.write_bytes(mov([SMALL] * 5 + [GIANT] * 3 + [SMALL] * 5))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open_video(str(path), "grows.mov") as film:
        seen = find_shots(film, SceneSettings(), 0, 1300)
    assert seen.candidates[0].time_ms == 0 and seen.candidates[-1].time_ms >= 800
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 150_000  # kB


def test_limit_on_pixels_is_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "large.mov"
    path.write_bytes(mov([(2000, 1500)] * 2))
    with open_video(str(path), "large.mov", max_pixels=3_500_000) as film:
        assert film.size == (2000, 1500)
    with pytest.raises(InvalidError, match="larger"), open_video(str(path), "large.mov", max_pixels=2_000_000):
        pass
