"""Finds the shots of a segment in one decode: the cuts that a pass over the whole file gives, and candidate pictures.

The minimum scene length makes this hard: whether a mark becomes a cut depends on the cut before it, that one on an
earlier one, and so on to the video's beginning. But every pause, a stretch without marks as long as a minimum scene,
breaks the chain: what follows is cut in the same way, whatever came before. So the rule starts at the first pause of
the lead-in. Without a pause the cuts are unknown, and a longer lead-in is decoded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scenedetect import FrameTimecode
from scenedetect.detector import FlashFilter

from rushes_runtime.errors import InvalidError
from rushes_scenes.detection import CutMark, Detection, DetectionResult, new_detector
from rushes_scenes.keyframes import Candidate, CandidateCollector, Thumbnails
from rushes_scenes.settings import SceneSettings
from rushes_scenes.video_reader import TimedFrame, VideoReader

LEAD_IN_GROWTH = 4
"""How many times as long the next lead-in is, if one was too short."""

MinSceneLength = int | float
"""The minimum scene length, as PySceneDetect takes it: frames if an int, seconds if a float."""
MarkedFrames = tuple[tuple[FrameTimecode, bool], ...]
"""Frames, and whether each is a mark."""


@dataclass(frozen=True)
class Shots:
    """The cuts in [start_ms, end_ms), in ms and in order, and the candidates for keyframes."""

    cuts_ms: tuple[int, ...]
    candidates: tuple[Candidate, ...]


def find_shots(reader: VideoReader, settings: SceneSettings, start_ms: int, end_ms: int) -> Shots:
    """Return the cuts in [start_ms, end_ms) that PySceneDetect makes in one pass over the whole file, and candidates.

    Decodes the segment and its lead-in once. Raises InvalidError (`nothing_decodes`) if the segment's pictures can't
    be decoded. A segment without frames of its own, since one picture stays on screen, gets that picture.
    """
    lead_in_ms = _lead_in_ms(reader, settings)
    detection = Detection(settings, reader.clock, reader.size, end_ms)
    thumbnails = Thumbnails(settings.picture_width, settings.jpeg_quality, reader.pixel_aspect)
    collector = CandidateCollector(start_ms, end_ms, detection.delay, thumbnails)
    for frame, cuts_ms in _detect(reader, detection, start_ms - lead_in_ms, end_ms + settings.max_lead_in_ms):
        collector.feed(frame, cuts_ms)
    candidates = collector.candidates()
    # Packets without a frame mean that the segment is broken; no packets mean that a picture is held.
    if not candidates or (collector.empty and reader.has_packets(start_ms, end_ms)):
        raise InvalidError("nothing_decodes", f"no picture between {start_ms} and {end_ms} ms can be decoded")
    cuts = _cuts(reader, settings, detection, start_ms, lead_in_ms)
    return Shots(tuple(sorted({cut for cut in cuts if cut < end_ms})), tuple(candidates))


def whole_file_cuts(
    result: DetectionResult, start_ms: int, min_length: MinSceneLength, merges: bool
) -> list[int] | None:
    """Return the cuts from `start_ms` on, in ms, that one pass over the whole file makes; None if they are unknown.

    `merges`: marks that follow each other fast become one cut at the last of them, as in ContentDetector; with the
    other detectors they become one cut at the first.
    """
    if not result.cold:
        return cuts_from_here(result, start_ms, min_length, merges)
    begin = _pause(result, start_ms, min_length)
    if begin is None or result.began_fading:
        return None
    marks = [mark for mark in result.marks if mark.at > begin]
    if not merges:
        return _from(start_ms, _dropped(marks, begin, min_length))
    frames = [frame.time for frame in result.frames if frame.time > begin]
    # After a pause only one thing before it matters: whether a merge is still open. Unless both agree, it is unknown.
    closed = _from(start_ms, _merged(((begin, False),), frames, marks, min_length))
    still_open = _from(start_ms, _merged(_open_merge(begin), frames, marks, min_length))
    return closed if closed == still_open else None


def cuts_from_here(result: DetectionResult, start_ms: int, min_length: MinSceneLength, merges: bool) -> list[int]:
    """Return the cuts from `start_ms` on, in ms, as if the video began with the result's first frame."""
    frames = [frame.time for frame in result.frames]
    if merges:
        return _from(start_ms, _merged((), frames, result.marks, min_length))
    return _from(start_ms, _dropped(result.marks, frames[0], min_length) if frames else ())


def _detect(
    reader: VideoReader, detection: Detection, from_ms: int, until_ms: int
) -> Iterator[tuple[TimedFrame, tuple[int, ...]]]:
    """Each frame and the cuts that it made known, in ms, until the detection is complete or `until_ms` is reached.

    Frames before `from_ms`, decoded only to get there, are yielded too, but the detector does not see them.
    """
    for frame in reader.frames(from_ms, until_ms):
        yield frame, detection.feed(frame) if frame.ms >= from_ms else ()
        if detection.complete or frame.ms >= until_ms:
            return


def _cuts(
    reader: VideoReader, settings: SceneSettings, detection: Detection, start_ms: int, lead_in_ms: int
) -> list[int]:
    """The cuts from the segment's start on. Decodes longer lead-ins until they are known, up to the setting's limit."""
    rule = (start_ms, settings.min_scene_len, detection.merges)
    result = detection.result
    while (cuts := whole_file_cuts(result, *rule)) is None:
        if lead_in_ms >= settings.max_lead_in_ms:
            return cuts_from_here(result, *rule)
        lead_in_ms = min(lead_in_ms * LEAD_IN_GROWTH, settings.max_lead_in_ms)
        result = _with_lead_in(reader, settings, detection, start_ms, lead_in_ms)
    return cuts


def _with_lead_in(
    reader: VideoReader, settings: SceneSettings, detection: Detection, start_ms: int, lead_in_ms: int
) -> DetectionResult:
    """The detection's result with a longer lead-in."""
    frames = detection.result.frames
    # The longer run replaces the first run's cold frames and nothing else, so that the segment is decoded once.
    cold_ms = frames[detection.result.cold].ms if len(frames) > detection.result.cold else start_ms
    earlier = Detection(settings, reader.clock, reader.size, max(start_ms, cold_ms))
    for _ in _detect(reader, earlier, start_ms - lead_in_ms, start_ms + settings.max_lead_in_ms):
        pass
    return detection.after(earlier)


def _lead_in_ms(reader: VideoReader, settings: SceneSettings) -> int:
    """The setting, plus one minimum scene for the pause, plus the frames that only warm the detector up."""
    min_length, cold = settings.min_scene_len, new_detector(settings.detector).warm_up + 1
    pause_ms = reader.clock.frames_ms(min_length) if isinstance(min_length, int) else round(min_length * 1000)
    return settings.lead_in_ms + pause_ms + reader.clock.frames_ms(cold)


def _pause(result: DetectionResult, start_ms: int, min_length: MinSceneLength) -> FrameTimecode | None:
    """The first frame, before `start_ms`, that is followed by a pause."""
    marked = {mark.at.pts for mark in result.marks}
    begin: FrameTimecode | None = None
    for time, ms in result.frames[result.cold :]:
        if begin is None or time.pts in marked:
            if ms >= start_ms:
                return None
            begin = time
        # FrameTimecode compares with frames if `min_length` is an int, and with seconds if it is a float.
        elif (time - begin) >= min_length:
            break
    return begin


def _dropped(marks: Iterable[CutMark], last: FrameTimecode, min_length: MinSceneLength) -> Iterator[int]:
    """The marks at least a minimum scene after the last mark that counted."""
    for mark in marks:
        if (mark.at - last) >= min_length:
            last = mark.at
            yield mark.cut_ms


def _merged(
    past: MarkedFrames, frames: Iterable[FrameTimecode], marks: Sequence[CutMark], min_length: MinSceneLength
) -> Iterator[int]:
    """The cuts that PySceneDetect's own filter makes from the marks among the frames, after an invented past."""
    cuts_ms = {mark.at.pts: mark.cut_ms for mark in marks}
    flash = FlashFilter(FlashFilter.Mode.MERGE, min_length)
    for time, marked in (*past, *((time, time.pts in cuts_ms) for time in frames)):
        for cut in flash.filter(time, marked):
            if cut.pts in cuts_ms:
                yield cuts_ms[cut.pts]


def _open_merge(begin: FrameTimecode) -> MarkedFrames:
    """A past that ends at `begin` with an open merge: a cut, and a mark right after it."""
    # Too near the video's beginning for a real merge, the filter treats it as a past without cuts, which is right.
    return ((begin - begin, False), (begin - 1, True), (begin, True))


def _from(start_ms: int, cuts_ms: Iterable[int]) -> list[int]:
    return [cut_ms for cut_ms in cuts_ms if cut_ms >= start_ms]
