"""Sparse word vectors: a query meets its document in every script, and the numbers stay what they are."""

import pytest

from rushes_models.lexical import RECIPE, LexicalEncoder, SparseVector
from rushes_models.words import document_terms, query_terms


@pytest.fixture(scope="module")
def words() -> LexicalEncoder:
    return LexicalEncoder()


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("rockets", "The rocket leaves the pad."),
        ("고양이", "우리 고양이가 소파에서 잠을 잔다"),
        ("날씨", "오늘은 서울의 날씨가 좋습니다"),
        ("猫", "猫がソファで寝ている"),
        ("電車", "東京の電車に乗った"),
        ("咖啡", "我喝了一杯咖啡"),
        ("แมว", "แมวกำลังนอนบนโซฟา"),
        ("strasse", "Die Häuser an der Straße"),
        ("cafe", "Il boit un café à l'hôtel"),
        ("हिन्दी", "मैं हिन्दी बोलता हूँ"),
        ("고양이", "고양이"),
        ("ｒｏｃｋｅｔ", "rocket"),
    ],
)
def test_a_query_meets_its_document(query: str, document: str, words: LexicalEncoder) -> None:
    asked, found = words.encode_query(query), words.encode_document(document)
    assert set(asked.indices) & set(found.indices)


@pytest.mark.parametrize(("query", "document"), [("cat", "a dog"), ("강아지", "고양이가 잔다"), ("犬", "猫が寝る")])
def test_other_words_do_not_meet(query: str, document: str, words: LexicalEncoder) -> None:
    asked, found = words.encode_query(query), words.encode_document(document)
    assert not set(asked.indices) & set(found.indices)


def test_the_rarity_of_words_is_left_to_the_index(words: LexicalEncoder) -> None:
    assert set(words.encode_query("zygote rocket 고양이").values) == {1.0}


def test_repetition_counts_less_each_time(words: LexicalEncoder) -> None:
    once, twice, often = (max(words.encode_document("rocket " * n).values) for n in (1, 2, 20))
    assert once < twice < often < 2.2


@pytest.mark.parametrize("text", ["", "  ...  ", "the of and"])
def test_a_text_without_a_word_worth_finding_is_empty(text: str, words: LexicalEncoder) -> None:
    assert words.encode_query(text) == words.encode_document(text) == SparseVector([], [])


def test_the_recipe_stands_for_these_numbers(words: LexicalEncoder) -> None:
    """If this fails, what is in an index no longer meets its queries: give `RECIPE` a new value."""
    assert RECIPE == "bm25-qdrant-edge-0.9/english/k1.2-b0.75-len40/ngrams-v1"
    assert sorted(words.encode_query("Rockets, café, 고양").indices) == [515862427, 1230453951, 1599502888]
    k, b, average = 1.2, 0.75, 40
    one_word = (k + 1) / (1 + k * (1 - b + b / average))
    assert words.encode_document("rocket").values == pytest.approx([one_word])


def test_letters_without_spaces_become_pairs() -> None:
    assert query_terms("고양이가 왔다 2번") == "고양 양이 이가 왔다 2 번"
    assert document_terms("猫がいる") == "猫が がい いる 猫 が い る"


def test_decomposed_letters_equal_composed_ones() -> None:
    assert query_terms("\u1100\u1169\u110b\u1163\u11bc") == query_terms("고양")
