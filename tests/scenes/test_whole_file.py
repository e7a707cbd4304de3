"""The cuts of all segments together are PySceneDetect's cuts over the whole file in one pass, to the millisecond."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.scenes.films import B_FRAMES, FAST, OPEN_GOP, at, black, scenery, steady, write
from tests.scenes.whole_file import borders, segment_cuts, whole_file_cuts

from rushes_scenes.settings import SceneSettings

EXAMPLES = Path(__file__).parents[2] / "examples"
REAL = {entry["file"]: entry for entry in json.loads((EXAMPLES / "examples.json").read_text())["examples"]}

Make = Callable[[Path], Path]
DURATION_MS = 9000
LENGTH_MS = 4000


def _steady(name: str, cuts_ms: list[int], **how: Any) -> Make:
    return lambda folder: write(folder / name, steady(cuts_ms, DURATION_MS), **how)


def _uneven(folder: Path) -> Path:
    """Frames every 40 ms, then every 500, then nothing for four seconds, over a border: as screens are recorded."""
    times = [*range(0, 2000, 40), *range(2000, 3001, 500), *range(7000, 9000, 20)]
    return write(folder / "uneven.mkv", at(times, [1000, 2500, 7000, 8200]))


def _fades(folder: Path) -> Path:
    """Black from 1 to 1.6 s, from 3.5 to 6.5 s over a border of segments, and from 8.4 s to the end."""
    dark = ((1000, 1600), (3500, 6500), (8400, DURATION_MS))
    frames = [
        (ms, black() if any(begin <= ms < end for begin, end in dark) else picture)
        for ms, picture in steady([1300, 5000], DURATION_MS)
    ]
    return write(folder / "fades.mp4", frames)


def _flicker(folder: Path) -> Path:
    """Seven seconds in which the picture changes every 7 or 11 frames, less than a shortest scene."""
    cuts = [600]
    while cuts[-1] < 7600:
        cuts.append(cuts[-1] + (280 if len(cuts) % 3 else 440))
    return write(folder / "flicker.mp4", steady(cuts, DURATION_MS))


def _strobe(folder: Path) -> Path:
    """Two pictures by turns, nine frames each, from beginning to end: no pause anywhere."""
    return write(folder / "strobe.mp4", ((index * 40, scenery(1 + index // 9 % 2)) for index in range(225)))


MADE: dict[str, Make] = {
    "hard cuts": _steady("plain.mp4", [1000, 2400, 2640, 3960, 4000, 6040]),
    "B-frames": _steady("b.mp4", [1000, 3920, 4040, 8000], options=B_FRAMES),
    "open groups": _steady("open.mkv", [1000, 3920, 4040, 8000], options=OPEN_GOP),
    "late start": _steady("late.mp4", [1000, 4000, 6800], start_ms=1234, options=B_FRAMES),
    "transport stream": _steady("late.ts", [1000, 4000, 6800], start_ms=5000, options=B_FRAMES),
    "old AVI": _steady("old.avi", [1000, 4000, 6800], codec="mpeg4", options={"g": "60"}),
    "one group": _steady("long.mp4", [1000, 4000, 6800], options=FAST | {"g": "1000", "sc_threshold": "0"}),
    "uneven": _uneven,
    "fades": _fades,
    "flicker": _flicker,
    "strobe": _strobe,
}
CASES = [
    *((name, "adaptive") for name in MADE),
    *((name, "content") for name in ("hard cuts", "uneven", "flicker", "strobe")),
    *((name, "hash") for name in ("uneven", "flicker")),
    *(("flicker", "histogram"), ("fades", "histogram"), ("fades", "threshold")),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The made film of a name; made once."""
    folder = tmp_path_factory.mktemp("films")
    return cache(lambda name: MADE[name](folder))


@pytest.mark.parametrize(("name", "detector"), CASES)
def test_made_films(made: Callable[[str], Path], name: str, detector: str) -> None:
    settings = SceneSettings.model_validate({"detector": {"name": detector}})

    found = segment_cuts(made(name), borders(DURATION_MS, LENGTH_MS), settings)

    assert found == whole_file_cuts(made(name), detector)


@pytest.mark.parametrize("file", ["persuasion-es.mp4", "uneven-clock.mp4"])
def test_real_films(file: str) -> None:
    found = segment_cuts(EXAMPLES / file, borders(REAL[file]["duration_ms"], 6300), SceneSettings())

    assert found == whole_file_cuts(EXAMPLES / file, "adaptive")


def test_a_real_film_has_the_cuts_that_are_known() -> None:
    entry = REAL["sonnet-at-night.mp4"]

    found = segment_cuts(EXAMPLES / entry["file"], borders(entry["duration_ms"], 10_000), SceneSettings())

    assert found == [shot["start_ms"] for shot in entry["shots"]][1:]


@pytest.mark.parametrize(
    ("shortest", "detector"),
    [(0, "content"), (3, "adaptive"), (40, "content"), (0.4, "adaptive"), (1.0, "content")],
)
def test_any_shortest_scene(made: Callable[[str], Path], shortest: float, detector: str) -> None:
    settings = SceneSettings.model_validate({"detector": {"name": detector}, "min_scene_len": shortest})

    found = segment_cuts(made("flicker"), borders(DURATION_MS, LENGTH_MS), settings)

    assert found == whole_file_cuts(made("flicker"), detector, min_scene_len=shortest)


@pytest.mark.parametrize("border_ms", [3919, 3920, 3921, 3960, 4040])
def test_any_border_near_a_cut(made: Callable[[str], Path], border_ms: int) -> None:
    found = segment_cuts(made("B-frames"), [0, border_ms, DURATION_MS], SceneSettings())

    assert found == whole_file_cuts(made("B-frames"), "adaptive")


def test_without_a_pause_the_lead_in_is_lengthened_no_further_than_it_may(
    made: Callable[[str], Path],
) -> None:
    """What is found then is a guess; it must still be found, and lie in the segment."""
    settings = SceneSettings(max_lead_in_ms=0)

    found = segment_cuts(made("strobe"), [8000, DURATION_MS], settings)

    assert found
    assert all(8000 <= cut < DURATION_MS for cut in found)
