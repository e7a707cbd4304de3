"""Words into subtitle cues, and cues as WebVTT and SubRip. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import chain

from rushes_schemas.events import Word
from rushes_schemas.words import text_of

LINE = 42
"""Maximum characters of a line."""
PAUSE_MS = 700
"""A silence of this length ends a cue."""
LONGEST_MS = 7000
"""Maximum duration of a cue, unless a single word is longer."""
SHORTEST_MS = 1000
"""Minimum duration of a cue."""
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
CONTROLS = {code: " " if chr(code).isspace() else None for code in (*range(0x20), *range(0x7F, 0xA0))}
"""Replacements of control characters: spaces for line ends, nothing for the others."""
CLOSING = "\"'”’»)]」』"
"""Characters that may follow the end of a sentence."""


@dataclass(frozen=True)
class Cue:
    """One or two lines of text, displayed in [start_ms, end_ms)."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


@dataclass
class _Draft:
    """A cue that may still grow. `start_ms` is when it is displayed, which may be later than its first word."""

    start_ms: int
    words: list[Word] = field(default_factory=list)

    def takes(self, word: Word) -> bool:
        """Whether the word belongs to this cue. A cue that was displayed for too short a time continues while it has
        room, even over a pause or the end of a sentence."""
        if layout([*self.words, word]) is None:
            return False
        if word.start_ms - self.start_ms < SHORTEST_MS:
            return True
        last = self.words[-1]
        return (
            word.start_ms - last.end_ms < PAUSE_MS
            and word.end_ms - self.start_ms <= LONGEST_MS
            and not last.text.rstrip(CLOSING).endswith(SENTENCE_ENDS)
        )

    def until(self, next_ms: int | None) -> Cue:
        """Return the cue, where the next word is said at `next_ms`. The next word ends it only after the minimum
        duration."""
        said_ms = max(self.start_ms + SHORTEST_MS, *(word.end_ms for word in self.words))
        end_ms = said_ms if next_ms is None else max(self.start_ms + SHORTEST_MS, min(next_ms, said_ms))
        return Cue(self.start_ms, end_ms, layout(self.words) or ())


class Cues:
    """Words, as they become known, into cues that follow each other without overlap. Each has at most two lines of LINE
    characters and is shown for at least SHORTEST_MS.

    A cue ends with a sentence, at a pause, and where it is full or long. Nothing is left out: a word that is longer
    than a line is divided. Filters words come faster than they can be read, or out of order, they are shown as soon as
    there is room.
    """

    def __init__(self) -> None:
        self._draft: _Draft | None = None

    def take(self, words: Iterable[Word]) -> Iterator[Cue]:
        """Yield the cues that are complete with these words."""
        for word in chain.from_iterable(map(_pieces, words)):
            draft = self._draft
            if draft is None or not draft.takes(word):
                made = [draft.until(word.start_ms)] if draft else []
                yield from made
                self._draft = draft = _Draft(max(word.start_ms, made[0].end_ms if made else 0))
            draft.words.append(word)

    def rest(self) -> Iterator[Cue]:
        """Yield the last cue, after the last word."""
        if self._draft:
            yield self._draft.until(None)
            self._draft = None


def cues(words: Iterable[Word]) -> list[Cue]:
    """Return the cues of a complete transcript."""
    making = Cues()
    return [*making.take(words), *making.rest()]


def layout(words: Sequence[Word]) -> tuple[str, ...] | None:
    """Return the words as one line, or as the two whose lengths differ least; None if they don't fit."""
    whole = text_of(words)
    if len(whole) <= LINE:
        return (whole,)
    if len(whole) > 2 * LINE + 1:
        return None
    breaks = ((text_of(words[:at]), text_of(words[at:])) for at in range(1, len(words)))
    return min((both for both in breaks if max(map(len, both)) <= LINE), key=_raggedness, default=None)


def _raggedness(lines: tuple[str, str]) -> int:
    return abs(len(lines[0]) - len(lines[1]))


def _pieces(word: Word) -> Iterator[Word]:
    """Yield the word, or parts of it that share its time if it is longer than a line; nothing for a word without a
    character."""
    text = " ".join(word.text.translate(CONTROLS).split())
    if text == word.text and 0 < len(text) <= LINE:
        yield word
        return
    for at in range(0, len(text), LINE):
        start, end = (
            word.start_ms + (word.end_ms - word.start_ms) * min(edge, len(text)) // len(text)
            for edge in (at, at + LINE)
        )
        part = {"start_ms": start, "end_ms": end, "text": text[at : at + LINE], "joined": word.joined or at > 0}
        yield word.model_copy(update=part)


VTT_HEAD = "WEBVTT\n"


def webvtt_block(cue: Cue) -> str:
    """Return a cue in a WebVTT file (W3C WebVTT: The Web Video Text Tracks Format), with the separator before it."""
    return f"\n{span(cue.start_ms, cue.end_ms, '.')}\n{_cue_text(cue)}\n"


def subrip_block(number: int, cue: Cue) -> str:
    """Return a cue in an SRT file, as most players read it; numbers start at 1. Players take `<i>` for markup and
    display `&lt;i&gt;` as text, as in WebVTT; SubRip itself has no rule for either."""
    separator = "" if number == 1 else "\n"
    return f"{separator}{number}\n{span(cue.start_ms, cue.end_ms, ',')}\n{_cue_text(cue)}\n"


def webvtt(cues: Iterable[Cue]) -> str:
    """Return a whole WebVTT file."""
    return VTT_HEAD + "".join(map(webvtt_block, cues))


def subrip(cues: Iterable[Cue]) -> str:
    """Return a whole SRT file."""
    return "".join(subrip_block(number, cue) for number, cue in enumerate(cues, start=1))


def _cue_text(cue: Cue) -> str:
    # An arrow in a cue would be taken for its times, and escaping what HTML escapes also breaks every arrow.
    return escape("\n".join(cue.lines), quote=False)


def span(start_ms: int, end_ms: int, point: str) -> str:
    """Return the line of a cue's times; `point` precedes the milliseconds."""
    return f"{_time(start_ms, point)} --> {_time(end_ms, point)}"


def _time(ms: int, point: str) -> str:
    """Return hours, minutes, seconds and milliseconds: 01:02:03.004."""
    seconds, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"
