"""Words to cues, and cues to files that another parser reads."""

from io import StringIO
from itertools import pairwise

import webvtt
from hypothesis import given
from hypothesis import strategies as st

from rushes_query.cues import LINE, Cue, cues
from rushes_query.spoken import paragraphs
from rushes_query.subtitles import subrip
from rushes_query.subtitles import webvtt as written
from rushes_schemas.events import Word


def word(start_ms: int, end_ms: int, text: str, joined: bool = False) -> Word:
    return Word(start_ms=start_ms, end_ms=end_ms, text=text, joined=joined, probability=1)


def spoken(text: str, start_ms: int = 0) -> list[Word]:
    """A word every 300 ms, without pauses."""
    return [word(start_ms + 300 * n, start_ms + 300 * n + 300, each) for n, each in enumerate(text.split())]


def test_a_sentence_ends_a_cue() -> None:
    assert [cue.lines for cue in cues(spoken('He said "Go!" Then he left.'))] == [
        ('He said "Go!"',),
        ("Then he left.",),
    ]


def test_a_pause_ends_a_cue() -> None:
    made = cues([*spoken("so then"), *spoken("we went on", start_ms=1300)])
    assert made == [Cue(0, 1000, ("so then",)), Cue(1300, 2300, ("we went on",))]


def test_a_short_cue_stays_until_the_next_one_comes() -> None:
    made = cues([word(0, 200, "Yes."), word(300, 500, "No."), word(9000, 9100, "Well.")])
    assert [(cue.start_ms, cue.end_ms) for cue in made] == [(0, 300), (300, 1300), (9000, 10_000)]


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
def test_whatever_the_words_cues_fit_follow_each_other_and_leave_nothing_out(words: list[Word]) -> None:
    made = cues(words)
    assert all(cue.start_ms < cue.end_ms for cue in made)
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(made))
    assert all(1 <= len(cue.lines) <= 2 and max(map(len, cue.lines)) <= LINE for cue in made)
    shown = "".join(line for cue in made for line in cue.lines)
    assert "".join(shown.split()) == "".join("".join(each.text.split()) for each in words)
    assert len(webvtt.from_buffer(StringIO(written(made))).captions) == len(made)
