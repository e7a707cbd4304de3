"""Cues as WebVTT, SubRip and plain text. Pure."""

from collections.abc import Iterable, Sequence
from html import escape

from rushes_query.cues import Cue


def webvtt(cues: Iterable[Cue]) -> str:
    """A WebVTT file (W3C WebVTT: The Web Video Text Tracks Format)."""
    # An arrow in a cue would be taken for its times, and escaping what HTML escapes also breaks every arrow.
    blocks = (f"{_span(cue, '.')}\n{escape(_text(cue), quote=False)}" for cue in cues)
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def subrip(cues: Sequence[Cue]) -> str:
    """An SRT file, as players in general read it."""
    return "\n".join(f"{number}\n{_span(cue, ',')}\n{_text(cue)}\n" for number, cue in enumerate(cues, start=1))


def _text(cue: Cue) -> str:
    return "\n".join(cue.lines)


def _span(cue: Cue, point: str) -> str:
    return f"{_time(cue.start_ms, point)} --> {_time(cue.end_ms, point)}"


def _time(ms: int, point: str) -> str:
    """Hours, minutes, seconds and milliseconds: 01:02:03.004."""
    seconds, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"
