"""Watching a segment: one decode that yields its cuts and the pictures that may stand for its scenes."""

from collections.abc import Iterator
from dataclasses import dataclass

from rushes_runtime.errors import InvalidError
from rushes_scenes.detection import Detection, Judgement
from rushes_scenes.detectors import detector
from rushes_scenes.film import Film, Shown
from rushes_scenes.pictures import Candidate, Pictures
from rushes_scenes.settings import SceneSettings
from rushes_scenes.settle import guessed, settled
from rushes_scenes.thumbnail import Thumbnails

LONGER = 4
"""How many times as long the next lead-in is, if one was too short."""


@dataclass(frozen=True)
class Shots:
    """What was seen of [start_ms, end_ms): the cuts in it, in ms and in order, and pictures."""

    cuts_ms: tuple[int, ...]
    pictures: tuple[Candidate, ...]


def shots(film: Film, settings: SceneSettings, start_ms: int, end_ms: int) -> Shots:
    """The cuts that PySceneDetect, in one pass over the whole file, makes in [start_ms, end_ms), and pictures.

    Decodes the segment and its lead-in once. Raises InvalidError (`nothing_decodes`) if the segment's pictures can't
    be decoded. One that stores none, since a picture is held over it, shows that picture.
    """
    lead_in_ms = _lead_in_ms(film, settings)
    detection = Detection(settings, film.clock, film.size, end_ms)
    thumbnails = Thumbnails(settings.picture_width, settings.jpeg_quality, film.pixel_aspect)
    pictures = Pictures(start_ms, end_ms, detection.delay, thumbnails)
    for shown, cuts_ms in _watched(film, detection, start_ms - lead_in_ms, end_ms + settings.max_lead_in_ms):
        pictures.see(shown, cuts_ms)
    candidates = pictures.candidates()
    if not candidates or (pictures.empty and film.has_packets(start_ms, end_ms)):
        raise InvalidError("nothing_decodes", f"no picture between {start_ms} and {end_ms} ms can be decoded")
    cuts = _cuts(film, settings, detection, start_ms, lead_in_ms)
    return Shots(tuple(sorted({cut for cut in cuts if cut < end_ms})), tuple(candidates))


def _watched(film: Film, detection: Detection, from_ms: int, until_ms: int) -> Iterator[tuple[Shown, tuple[int, ...]]]:
    """Each frame and the cuts that it made known, in ms, until the detection is complete, or else `until_ms`.

    The frames before `from_ms`, which are only decoded to get there, come too; the detector does not see them.
    """
    for shown in film.frames(from_ms, until_ms):
        yield shown, detection.feed(shown) if shown.ms >= from_ms else ()
        if detection.complete or shown.ms >= until_ms:
            return


def _cuts(film: Film, settings: SceneSettings, detection: Detection, start_ms: int, lead_in_ms: int) -> list[int]:
    """The cuts from the segment's start on. Looks at what lies before the lead-in if it must."""
    rule = (start_ms, settings.min_scene_len, detection.merges)
    judgement = detection.judgement
    while (cuts := settled(judgement, *rule)) is None:
        if lead_in_ms >= settings.max_lead_in_ms:
            return guessed(judgement, *rule)
        lead_in_ms = min(lead_in_ms * LONGER, settings.max_lead_in_ms)
        judgement = _longer(film, settings, detection, start_ms, lead_in_ms)
    return cuts


def _longer(film: Film, settings: SceneSettings, detection: Detection, start_ms: int, lead_in_ms: int) -> Judgement:
    """The detection's judgement as it is with a longer lead-in."""
    frames = detection.judgement.frames
    cold_ms = frames[detection.judgement.cold].ms if len(frames) > detection.judgement.cold else start_ms
    earlier = Detection(settings, film.clock, film.size, max(start_ms, cold_ms))
    for _ in _watched(film, earlier, start_ms - lead_in_ms, start_ms + settings.max_lead_in_ms):
        pass
    return detection.after(earlier)


def _lead_in_ms(film: Film, settings: SceneSettings) -> int:
    """The setting and the pause that `settle` looks for, with the frames that only warm the detector up."""
    shortest, cold = settings.min_scene_len, detector(settings.detector).warm_up + 1
    pause_ms = film.clock.frames_ms(shortest) if isinstance(shortest, int) else round(shortest * 1000)
    return settings.lead_in_ms + pause_ms + film.clock.frames_ms(cold)
