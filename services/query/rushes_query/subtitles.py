"""Cues as WebVTT, SubRip and plain text. Pure."""

from collections.abc import Iterable
from html import escape

from rushes_query.cues import Cue

VTT_HEAD = "WEBVTT\n"


def webvtt_block(cue: Cue) -> str:
    """A cue in a WebVTT file (W3C WebVTT: The Web Video Text Tracks Format), after what stands before it."""
    return f"\n{span(cue.start_ms, cue.end_ms, '.')}\n{_text(cue)}\n"


def subrip_block(number: int, cue: Cue) -> str:
    """A cue in an SRT file, as players in general read it; the first has the number 1. Players take `<i>` for markup
    and show `&lt;i&gt;` as it is meant, as in WebVTT: SubRip itself says nothing of either."""
    separator = "" if number == 1 else "\n"
    return f"{separator}{number}\n{span(cue.start_ms, cue.end_ms, ',')}\n{_text(cue)}\n"


def webvtt(cues: Iterable[Cue]) -> str:
    """A whole WebVTT file."""
    return VTT_HEAD + "".join(map(webvtt_block, cues))


def subrip(cues: Iterable[Cue]) -> str:
    """A whole SRT file."""
    return "".join(subrip_block(number, cue) for number, cue in enumerate(cues, start=1))


def _text(cue: Cue) -> str:
    # An arrow in a cue would be taken for its times, and escaping what HTML escapes also breaks every arrow.
    return escape("\n".join(cue.lines), quote=False)


def span(start_ms: int, end_ms: int, point: str) -> str:
    """The line of a cue's times; `point` stands before the milliseconds."""
    return f"{_time(start_ms, point)} --> {_time(end_ms, point)}"


def _time(ms: int, point: str) -> str:
    """Hours, minutes, seconds and milliseconds: 01:02:03.004."""
    seconds, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"
