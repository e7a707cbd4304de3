"""The shortest scene's rule over a part of the frames gives what it gives over all of them, or says that it can't."""

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scenedetect import FrameTimecode
from scenedetect.common import Timecode
from scenedetect.detector import FlashFilter

from rushes_scenes.detection import CutMark, DetectionResult, FrameTime
from rushes_scenes.shots import MinSceneLength, cuts_from_here, whole_file_cuts

COUNT = 120
FRAME_MS = 40

marked_frames = st.sets(st.integers(1, COUNT - 1), max_size=40)
shortest_scenes = st.one_of(st.integers(0, 12), st.sampled_from([0.0, 0.1, 0.28, 0.4]))


def time(frame: int) -> FrameTimecode:
    return FrameTimecode(Timecode(frame, Fraction(1, 25)), Fraction(25))


def judgement(marked: set[int], begin: int = 0) -> DetectionResult:
    """The judgement of the frames from `begin` on."""
    frames = [FrameTime(time(frame), frame * FRAME_MS) for frame in range(begin, COUNT)]
    marks = [CutMark(time(frame), frame * FRAME_MS) for frame in sorted(marked) if frame >= begin]
    return DetectionResult(frames, marks, cold=1 if begin else 0)


@settings(deadline=None)
@given(marked_frames, shortest_scenes, st.booleans(), st.integers(1, 60), st.integers(0, 40))
def test_what_is_settled_is_what_the_whole_gives(
    marked: set[int], shortest: MinSceneLength, merges: bool, begin: int, lead_in: int
) -> None:
    start_ms = (begin + lead_in) * FRAME_MS

    found = whole_file_cuts(judgement(marked, begin), start_ms, shortest, merges)

    assume(found is not None)
    assert found == whole_file_cuts(judgement(marked), start_ms, shortest, merges)


@settings(deadline=None)
@given(marked_frames, shortest_scenes)
def test_the_whole_is_what_pyscenedetect_gives(marked: set[int], shortest: MinSceneLength) -> None:
    flash = FlashFilter(FlashFilter.Mode.MERGE, shortest)
    cuts = [cut for frame in range(COUNT) for cut in flash.filter(time(frame), frame in marked)]

    assert whole_file_cuts(judgement(marked), 0, shortest, merges=True) == [cut.pts * FRAME_MS for cut in cuts]


@settings(deadline=None)
@given(st.sets(st.integers(60, COUNT - 1), max_size=20), st.booleans())
def test_a_quiet_lead_in_settles_all_but_a_merge(marked: set[int], merges: bool) -> None:
    found = whole_file_cuts(judgement(marked, begin=30), 60 * FRAME_MS, 10, merges)

    assert merges or found is not None


def test_no_pause_settles_nothing() -> None:
    every_fifth = judgement(set(range(5, COUNT, 5)), begin=30)

    assert whole_file_cuts(every_fifth, 60 * FRAME_MS, 10, merges=False) is None
    assert whole_file_cuts(every_fifth, 60 * FRAME_MS, 10, merges=True) is None


def test_a_fade_that_began_out_of_sight_settles_nothing() -> None:
    dark = judgement({70}, begin=30)
    dark.began_fading = True

    assert whole_file_cuts(dark, 60 * FRAME_MS, 10, merges=False) is None


def test_no_frames_have_no_cuts() -> None:
    assert cuts_from_here(DetectionResult(), 0, 15, merges=False) == []
    assert cuts_from_here(DetectionResult(), 0, 15, merges=True) == []
