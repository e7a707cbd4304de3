"""The rule of the shortest scene, applied to a part of a video with the result that it has over the whole.

Whether a mark becomes a cut depends on the cut before it, that one on an earlier one, and so on to the video's
beginning. But every pause breaks the chain, a stretch without marks for as long as a shortest scene: what comes after
it is cut alike, whatever came before. So the rule begins at the first pause of the lead-in. If there is none, it is
not known which marks are cuts, and the lead-in must be longer.
"""

from collections.abc import Iterable, Iterator, Sequence

from scenedetect import FrameTimecode
from scenedetect.detector import FlashFilter

from rushes_scenes.detection import Judgement, Mark

Shortest = int | float
"""The shortest scene, as PySceneDetect has it: frames if an int, seconds if a float."""
Past = tuple[tuple[FrameTimecode, bool], ...]
"""Frames, and whether each is a mark."""


def settled(judgement: Judgement, start_ms: int, shortest: Shortest, merges: bool) -> list[int] | None:
    """The cuts from `start_ms` on, in ms, that one pass over the whole file makes, or None if that can't be known.

    `merges`: marks that follow each other fast become one cut at the last of them, as ContentDetector has it; with the
    other detectors they become one at the first.
    """
    if not judgement.cold:
        return guessed(judgement, start_ms, shortest, merges)
    begin = _pause(judgement, start_ms, shortest)
    if begin is None or judgement.began_fading:
        return None
    marks = [mark for mark in judgement.marks if mark.at > begin]
    if not merges:
        return _from(start_ms, _dropped(marks, begin, shortest))
    frames = [frame.time for frame in judgement.frames if frame.time > begin]
    # Of all that can have been before a pause, one thing tells after it: whether a merge still waits for its end.
    finished = _from(start_ms, _merged(((begin, False),), frames, marks, shortest))
    waiting = _from(start_ms, _merged(_waiting(begin), frames, marks, shortest))
    return finished if finished == waiting else None


def guessed(judgement: Judgement, start_ms: int, shortest: Shortest, merges: bool) -> list[int]:
    """The cuts from `start_ms` on, in ms, as if the video began where the judgement does."""
    frames = [frame.time for frame in judgement.frames]
    if merges:
        return _from(start_ms, _merged((), frames, judgement.marks, shortest))
    return _from(start_ms, _dropped(judgement.marks, frames[0], shortest) if frames else ())


def _pause(judgement: Judgement, start_ms: int, shortest: Shortest) -> FrameTimecode | None:
    """The first frame, before `start_ms`, after which nothing is marked for as long as a shortest scene."""
    marked = {mark.at.pts for mark in judgement.marks}
    begin: FrameTimecode | None = None
    for time, ms in judgement.frames[judgement.cold :]:
        if begin is None or time.pts in marked:
            if ms >= start_ms:
                return None
            begin = time
        elif (time - begin) >= shortest:
            break
    return begin


def _dropped(marks: Iterable[Mark], last: FrameTimecode, shortest: Shortest) -> Iterator[int]:
    """The marks that come a shortest scene or more after the last one that counted."""
    for mark in marks:
        if (mark.at - last) >= shortest:
            last = mark.at
            yield mark.cut_ms


def _merged(past: Past, frames: Iterable[FrameTimecode], marks: Sequence[Mark], shortest: Shortest) -> Iterator[int]:
    """What PySceneDetect's own filter makes of the marks among the frames, after a past that is made up."""
    cuts_ms = {mark.at.pts: mark.cut_ms for mark in marks}
    flash = FlashFilter(FlashFilter.Mode.MERGE, shortest)
    for time, marked in (*past, *((time, time.pts in cuts_ms) for time in frames)):
        for cut in flash.filter(time, marked):
            if cut.pts in cuts_ms:
                yield cuts_ms[cut.pts]


def _waiting(begin: FrameTimecode) -> Past:
    """A past that ends at `begin` with a merge that waits for its end: a cut, and a mark right after it.

    So near the video's beginning that there can't have been one, the filter takes it for a past without cuts.
    """
    return ((begin - begin, False), (begin - 1, True), (begin, True))


def _from(start_ms: int, cuts_ms: Iterable[int]) -> list[int]:
    return [cut_ms for cut_ms in cuts_ms if cut_ms >= start_ms]
