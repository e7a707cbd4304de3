"""Words into subtitle cues: what is read at once, and how it is laid out. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from rushes_schemas.events import Word
from rushes_schemas.words import text_of

LINE = 42
"""Characters of a line."""
PAUSE_MS = 700
"""A silence that ends a cue."""
LONGEST_MS = 7000
"""A cue is not made longer by a further word."""
SHORTEST_MS = 1000
"""A cue stays for so long, unless the next one comes before."""
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
CLOSING = "\"'”’»)]」』"
"""What may stand behind the end of a sentence."""


@dataclass(frozen=True)
class Cue:
    """One or two lines of text, shown in [start_ms, end_ms)."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


@dataclass
class _Draft:
    """A cue that may yet grow."""

    words: list[Word] = field(default_factory=list)

    def takes(self, word: Word) -> bool:
        """Whether the word belongs to what is being read."""
        last = self.words[-1]
        return (
            word.start_ms - last.end_ms < PAUSE_MS
            and word.end_ms - self.words[0].start_ms <= LONGEST_MS
            and not last.text.rstrip(CLOSING).endswith(SENTENCE_ENDS)
            and layout([*self.words, word]) is not None
        )


def cues(words: Iterable[Word]) -> list[Cue]:
    """The words as cues that follow each other without overlap, each with at most two lines of LINE characters.

    A cue ends with a sentence, at a pause, and where it is full or long. Nothing is left out: a word that is longer
    than a line is divided. Words whose times are out of order are shown as soon as there is room.
    """
    drafts: list[_Draft] = []
    for piece in chain.from_iterable(map(_pieces, words)):
        if not drafts or not drafts[-1].takes(piece):
            drafts.append(_Draft())
        drafts[-1].words.append(piece)
    return _timed(drafts)


def layout(words: Sequence[Word]) -> tuple[str, ...] | None:
    """The words as one line, or as the two that differ least in length; None if they don't fit."""
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
    """The word, or where it is longer than a line, parts of it that share its time. A word of no letters is none."""
    text = " ".join(word.text.split())
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


def _timed(drafts: Sequence[_Draft]) -> list[Cue]:
    """The drafts with times that never overlap: the shortest ones are held while nothing follows."""
    made: list[Cue] = []
    clear_ms = 0
    for at, draft in enumerate(drafts):
        start_ms = max(clear_ms, draft.words[0].start_ms)
        said_ms = max(start_ms + 1, *(word.end_ms for word in draft.words))
        next_ms = drafts[at + 1].words[0].start_ms if at + 1 < len(drafts) else said_ms + SHORTEST_MS
        clear_ms = max(start_ms + 1, min(next_ms, max(said_ms, start_ms + SHORTEST_MS)))
        made.append(Cue(start_ms, clear_ms, layout(draft.words) or ()))
    return made
