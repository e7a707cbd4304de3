"""Words to cues, and cues to files that another parser reads."""

import json
from collections.abc import Iterable
from datetime import timedelta
from html import unescape
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
import srt  # type: ignore[import-untyped]
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from rushes_query.library.subtitles import Cue, Cues, cues, subrip
from rushes_query.library.subtitles import webvtt as written
from rushes_query.library.transcript_text import Paragraphs, paragraphs
from rushes_schemas.events import Word

EXAMPLES = Path(__file__).parents[2] / "examples" / "examples.json"


def word(start_ms: int, end_ms: int, text: str, joined: bool = False) -> Word:
    return Word(start_ms=start_ms, end_ms=end_ms, text=text, joined=joined, probability=1)


def spoken(text: str, start_ms: int = 0) -> list[Word]:
    """A word every 300 ms, without pauses."""
    return [word(start_ms + 300 * n, start_ms + 300 * n + 300, each) for n, each in enumerate(text.split())]


def test_a_sentence_ends_a_cue() -> None:
    assert [cue.lines for cue in cues(spoken('He often said "Go!" Then he left.'))] == [
        ('He often said "Go!"',),
        ("Then he left.",),
    ]


def test_a_pause_ends_a_cue() -> None:
    made = cues([*spoken("so then"), *spoken("we went on", start_ms=1300)])
    assert made == [Cue(0, 1000, ("so then",)), Cue(1300, 2300, ("we went on",))]


def test_what_is_too_short_to_be_read_goes_on_with_what_follows() -> None:
    made = cues([word(0, 200, "Yes."), word(300, 500, "No."), word(9000, 9100, "Well.")])
    assert made == [Cue(0, 1000, ("Yes. No.",)), Cue(9000, 10_000, ("Well.",))]


def test_what_is_too_short_and_has_no_room_makes_the_next_one_wait() -> None:
    fast = [word(n * 10, n * 10 + 10, "x" * 40) for n in range(5)]
    assert [(cue.start_ms, cue.end_ms) for cue in cues(fast)] == [(0, 1000), (1000, 2000), (2000, 3000)]


def test_two_lines_of_about_equal_length() -> None:
    (cue,) = cues(spoken("We choose to go to the moon in this decade and do more"))
    assert cue.lines == ("We choose to go to the moon", "in this decade and do more")


def test_scripts_without_spaces_get_none() -> None:
    (cue,) = cues([word(0, 400, "猫が"), word(400, 800, "寝る", joined=True)])
    assert cue.lines == ("猫が寝る",)


def test_paragraphs_begin_after_long_silences() -> None:
    assert paragraphs([*spoken("One. Two."), *spoken("Three.", start_ms=9000)]) == "One. Two.\nThree."


def test_another_parser_reads_what_was_written() -> None:
    text = written([Cue(3_723_004, 3_724_000, ("a --> b", "<i> & co"))])
    (caption,) = webvtt.from_buffer(StringIO(text)).captions
    assert (caption.start, caption.end) == ("01:02:03.004", "01:02:04.000")
    assert caption.raw_text == "a --&gt; b\n&lt;i&gt; &amp; co"
    assert written([]) == "WEBVTT\n"


def test_subrip() -> None:
    assert subrip([Cue(0, 1000, ("a",)), Cue(1000, 2500, ("b", "c"))]) == (
        "1\n00:00:00,000 --> 00:00:01,000\na\n\n2\n00:00:01,000 --> 00:00:02,500\nb\nc\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<i>tag</i>",
        "</i><script>alert(1)</script>",
        "-->",
        "00:00:01,000 --> 00:00:02,000",
        "a\n\n2\n00:00:09,000 --> 00:00:10,000\nforged",
        "a\r\rb",
        "a\x85\u2028\u2029b",
        "a\0b\x0b\x0c\x1bc",
        "&lt;b&gt;",
        "{\\an8}up",
    ],
)
def test_what_a_word_holds_is_text_in_both_formats(text: str) -> None:
    """As readers of other people's see it: one cue at its own time, and no markup, time or line that was not there."""
    made = cues([word(0, 1500, text), word(2600, 4000, "after")])
    shown = "".join(each for each in text if each.isprintable())
    for captions in (
        [unescape(each.content) for each in srt.parse(subrip(made), ignore_errors=False)],
        [unescape(each.raw_text) for each in webvtt.from_buffer(StringIO(written(made))).captions],
    ):
        assert len(captions) == len(made)
        assert bare(captions) == bare([shown, "after"])
    for file in (subrip(made), written(made)):
        lines = file.splitlines()
        assert sum("-->" in line for line in lines) == len(made)
        assert not any(each in file for each in ("<", "\0", "\x1b", "\u2028"))


any_words = st.lists(
    st.builds(
        word,
        st.integers(0, 60_000),
        st.integers(0, 60_000),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=100),
        st.booleans(),
    ),
    max_size=60,
)


@given(any_words)
def test_whatever_the_words_the_rules_hold_and_nothing_is_left_out(words: list[Word]) -> None:
    made = cues(words)
    keeps_the_rules(made)
    assert bare(line for cue in made for line in cue.lines) == bare(each.text for each in words)
    assert len(webvtt.from_buffer(StringIO(written(made))).captions) == len(made)


@given(any_words, st.lists(st.integers(0, 60), max_size=5))
def test_words_that_come_bit_by_bit_make_the_same_cues_and_paragraphs(words: list[Word], cuts: list[int]) -> None:
    parts = [words[start:end] for start, end in pairwise([0, *sorted(cuts), len(words)])]
    making, spelling = Cues(), Paragraphs()
    assert [*(cue for part in parts for cue in making.take(part)), *making.rest()] == cues(words)
    assert "".join(map(spelling.take, parts)) == paragraphs(words)


def keeps_the_rules(made: list[Cue]) -> None:
    """At most two lines of 42 characters, each cue for at least a second, and none over another."""
    assert all(cue.end_ms - cue.start_ms >= 1000 for cue in made)
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(made))
    assert all(1 <= len(cue.lines) <= 2 and max(map(len, cue.lines)) <= 42 for cue in made)


def bare(texts: Iterable[str]) -> str:
    return "".join("".join(texts).split())


def example(name: str) -> list[Word]:
    """What is said in one of the examples: a word for each of a line's, or for each character where there are no
    spaces, in equal parts of the line's time."""
    (film,) = (each for each in json.loads(EXAMPLES.read_text("utf-8"))["examples"] if each["file"] == name)
    words = []
    for line in film["speech"]:
        parts = list(line["text"]) if film["language"] == "ja" else line["text"].split()
        start_ms, span_ms = line["start_ms"], (line["end_ms"] - line["start_ms"]) / len(parts)
        for n, part in enumerate(parts):
            start, end = round(start_ms + n * span_ms), round(start_ms + (n + 1) * span_ms)
            words.append(word(start, end, part, joined=film["language"] == "ja" and n > 0))
    return words


@pytest.mark.parametrize("name", ["cabinet-of-curiosities.mp4", "persuasion-es.mp4", "light-bulb-ja.mp4"])
def test_independent_parsers_give_the_words_back(name: str) -> None:
    words = example(name)
    made = cues(words)
    keeps_the_rules(made)
    said = bare(each.text for each in words)
    from_srt = list(srt.parse(subrip(made), ignore_errors=False))
    assert bare(unescape(cue.content) for cue in from_srt) == said
    assert [(cue.start, cue.end) for cue in from_srt] == [
        (timedelta(milliseconds=cue.start_ms), timedelta(milliseconds=cue.end_ms)) for cue in made
    ]
    from_vtt = webvtt.from_buffer(StringIO(written(made))).captions
    assert bare(unescape(caption.text) for caption in from_vtt) == said
    ends = [(round(each.start_in_seconds * 1000), round(each.end_in_seconds * 1000)) for each in from_vtt]
    assert [(start // 1000, end // 1000) for start, end in ends] == [
        (cue.start_ms // 1000, cue.end_ms // 1000) for cue in made
    ]
    if "ja" not in name:
        assert " ".join(" ".join(cue.content.split()) for cue in from_srt) == " ".join(each.text for each in words)
