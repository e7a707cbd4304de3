"""Sparse word vectors: a query meets its document in every script, and the numbers stay what they are."""

import pytest

from rushes_models.lexical import RECIPE, LexicalEncoder, SparseVector
from rushes_models.terms import document_terms, phrase_terms, query_terms


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


FORMS = [
    ("en", "rockets", "The rocket leaves the pad."),
    ("en-GB", "sleeping", "The cat sleeps."),
    ("de", "Haus", "Die Häuser an der Straße"),
    ("de", "Hunde", "Ein Hund bellt"),
    ("es", "gatos", "El gato duerme"),
    ("es", "palabra", "las palabras apenas reprimidas"),
    ("fr", "chevaux blanc", "Les chats blancs dorment"),
    ("it", "gatto", "I gatti dormono"),
    ("pt-BR", "menino", "Os meninos correm"),
    ("ru", "кошка", "Кошки спят на диване"),
    ("tr", "kedi", "Kediler uyuyor"),
    ("fi", "talo", "Talossa on kissa"),
]


@pytest.mark.parametrize(("language", "query", "document"), FORMS)
def test_other_forms_of_a_word_meet_in_the_documents_language(
    language: str, query: str, document: str, words: LexicalEncoder
) -> None:
    found = set(words.encode_document(document, language).indices)
    assert set(words.encode_query(query).indices) & found
    assert set(words.encode_query(query, language).indices) & found


def test_a_known_language_asks_for_its_own_forms_only(words: LexicalEncoder) -> None:
    everywhere, german = words.encode_query("Häuser"), words.encode_query("Häuser", "de")
    assert set(german.indices) < set(everywhere.indices)
    assert len(german.indices) == 1


@pytest.mark.parametrize(
    ("query", "language", "document", "found"),
    [
        ("rocket cats", "en", "Two rockets, one CAT.", ["rockets", "CAT"]),
        ("Haus", "de", "Viele Häuser", ["Häuser"]),
        ("cafe", None, "Un café", ["café"]),
        ("고양이", "ko", "우리 고양이가 잔다", ["고양", "양이"]),
        ("猫", "ja", "三毛猫", ["猫"]),
        ("dog", "en", "a cat", []),
    ],
)
def test_where_a_text_has_what_was_asked_for(
    query: str, language: str | None, document: str, found: list[str], words: LexicalEncoder
) -> None:
    asked = frozenset(words.encode_query(query).indices)
    assert [document[start:end] for start, end, _ in words.places(asked, document, language)] == found


def test_phrases_are_compared_by_words_as_they_are_spoken() -> None:
    assert [term.text for term in phrase_terms("Ask NOT, what’s CAFÉ")] == ["ask", "not", "what", "s", "cafe"]
    assert [term.text for term in phrase_terms("真っ昼間 2")] == ["真", "っ", "昼", "間", "2"]
    assert [(term.start, term.end) for term in phrase_terms("a  bc")] == [(0, 1), (3, 5)]


def test_ascii_text_has_the_terms_that_any_other_has() -> None:
    text = "It's 5 o'clock_now; the U.S.A., e-mail  &c."
    assert document_terms(text + " é") == document_terms(text) + " é"


def test_the_rarity_of_words_is_left_to_the_index(words: LexicalEncoder) -> None:
    assert set(words.encode_query("zygote rocket 고양이").values) == {1.0}


def test_repetition_counts_less_each_time(words: LexicalEncoder) -> None:
    once, twice, often = (max(words.encode_document("rocket " * n).values) for n in (1, 2, 20))
    assert once < twice < often < 2.2


@pytest.mark.parametrize("text", ["", "  ...  ", "the of and"])
def test_a_text_without_a_word_worth_finding_is_empty(text: str, words: LexicalEncoder) -> None:
    assert words.encode_query(text, "en") == words.encode_document(text) == SparseVector([], [])


def test_the_recipe_stands_for_these_numbers(words: LexicalEncoder) -> None:
    """If this fails, what is in an index no longer meets its queries: give `RECIPE` a new value."""
    assert RECIPE == "bm25-qdrant-edge-0.9/by-language-v2/k1.2-b0.75-len40/ngrams-v2"
    assert sorted(words.encode_query("Rockets, café, 고양", "en").indices) == [515862427, 1230453951, 1599502888]
    k, b, average = 1.2, 0.75, 40
    one_word = (k + 1) / (1 + k * (1 - b + b / average))
    assert words.encode_document("rocket").values == pytest.approx([one_word])


def test_letters_without_spaces_become_pairs() -> None:
    assert query_terms("고양이가 왔다 2번") == "고양 양이 이가 왔다 2 번"
    assert document_terms("猫がいる") == "猫が がい いる 猫 が い る"


def test_decomposed_letters_equal_composed_ones() -> None:
    assert query_terms("\u1100\u1169\u110b\u1163\u11bc") == query_terms("고양")
