"""Finding what is said inside one video."""

import pytest

from rushes_query.library.transcript_text import find, folded
from rushes_schemas.events import Word


def spoken(*texts: str, joined: bool = False) -> list[Word]:
    """A word a second."""
    return [
        Word(start_ms=n * 1000, end_ms=n * 1000 + 900, text=text, probability=1, joined=joined and n > 0)
        for n, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("phrase", "spans"),
    [
        ("country can", [(2000, 3900)]),
        ("COUNTRY, can!", [(2000, 3900)]),
        ("what", [(0, 900), (6000, 6900)]),
        ("you", [(1000, 1900), (5000, 5900)]),
        ("for yöu", [(4000, 5900)]),
        ("do for", []),
        ("!", []),
        ("", []),
    ],
)
def test_words_one_after_the_other(phrase: str, spans: list[tuple[int, int]]) -> None:
    words = spoken("What", "your", "country,", "can", "for", "you?", "What")
    assert [(said.start_ms, said.end_ms) for said in find(words, phrase)] == spans


def test_a_language_without_spaces_is_searched_anywhere() -> None:
    words = spoken("電柱", "に", "電球", "が", "ともっ", "て", "いた", joined=True)
    assert [(said.start_ms, said.end_ms) for said in find(words, "に電球")] == [(1000, 2900)]
    assert [said.start_ms for said in find(words, "球がと")] == [2000]
    assert next(find(words, "ﾄﾓｯﾃ".replace("ﾄﾓｯﾃ", "ともって"))).end_ms == 5900


def test_what_is_found_is_shown_among_its_words() -> None:
    words = spoken(*(f"w{n}" for n in range(40)))
    (said,) = find(words, "w20 w21")
    assert said.text.split() == [f"w{n}" for n in range(14, 28)]


@pytest.mark.parametrize(
    ("text", "same"), [("Élan", "elan"), ("STRASSE", "straße"), ("ｶﾞ", "ガ"), ("don't", "dont"), ("Ⅳ", "iv")]
)
def test_what_makes_no_difference(text: str, same: str) -> None:
    assert folded(text) == folded(same)


def test_voiced_sounds_are_other_letters() -> None:
    assert folded("が") != folded("か")
