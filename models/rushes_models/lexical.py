"""Sparse word vectors (BM25) for the lexical leg, made on the client for any Qdrant index.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, through `qdrant_edge.Bm25`,
which hashes each word to an index and weighs it by its count. The rarity of a word (idf) is left to the index: the
sparse field must have Qdrant's idf modifier.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache

from qdrant_edge import Bm25, Bm25Config, TokenizerType

from rushes_models.words import document_terms, located_terms, query_terms

RECIPE = "bm25-qdrant-edge-0.9/by-language-v2/k1.2-b0.75-len40/ngrams-v2"
"""Change it whenever the same text would give another vector; a test holds the numbers."""

AVERAGE_WORDS = 40
"""What a scene's words are usually like: some fifteen seconds of speech."""

ANY_LANGUAGE = "english"
"""How texts are stemmed whose language is unknown or has no stemmer: among Korean or Polish words, English ones are
the likeliest of others, and a rule for English suffixes leaves other scripts alone."""
STEMMERS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""ISO 639-1 -> the Snowball stemmer and the stop words of that language."""


@dataclass(frozen=True)
class SparseVector:
    """Term numbers and their weights, pairwise. Both empty if the text has no word worth finding."""

    indices: list[int]
    values: list[float]


class LexicalEncoder:
    """BM25 for text in any language. Safe to share between threads.

    Words are split here (see `words`). The library then lower-cases, folds accents (café, Straße), drops stop words and
    stems, as the language wants it. A document's language is known; a query's is not, so a query asks for what each of
    its words becomes in every language: a document in one language meets the form of that language, and the other
    forms are words that hardly any document has.
    """

    recipe = RECIPE

    def encode_document(self, text: str, language: str | None = None) -> SparseVector:
        """The text as it goes into the index: each term with its saturated count. `language` is a tag such as pt-BR."""
        found = _model(_stemmer(language)).embed_document(document_terms(text))
        return SparseVector(found.indices, found.values)

    def encode_query(self, text: str, language: str | None = None) -> SparseVector:
        """The text as it is searched for: each term once, with weight 1. `language`: only documents of that language
        are asked for."""
        terms = query_terms(text)
        stemmers = [_stemmer(language)] if language else sorted({*STEMMERS.values(), ANY_LANGUAGE})
        indices = {index: 1.0 for stemmer in stemmers for index in _model(stemmer).embed_query(terms).indices}
        return SparseVector(list(indices), list(indices.values()))

    def places(self, asked: AbstractSet[int], text: str, language: str | None) -> list[tuple[int, int, int]]:
        """Where a document's text has a term that was asked for: (start, end, term number), in order of the text."""
        return [place for place in _numbered(_stemmer(language), text) if place[2] in asked]


def _stemmer(language: str | None) -> str:
    return STEMMERS.get((language or "").split("-")[0], ANY_LANGUAGE)


@lru_cache(1024)
def _numbered(stemmer: str, text: str) -> tuple[tuple[int, int, int], ...]:
    """The terms of a text as (start, end, number), in order. A shown text is looked at more than once."""
    return tuple(sorted((term.start, term.end, _number(stemmer, term.text)) for term in located_terms(text)))


@lru_cache(65_536)
def _number(stemmer: str, term: str) -> int:
    """The number of a single term; -1: a stop word."""
    found = _model(stemmer).embed_query(term).indices
    return int(found[0]) if found else -1


@cache
def _model(stemmer: str) -> Bm25:
    """Reads no file; costs no measurable time."""
    return Bm25(
        Bm25Config(
            k=1.2,
            b=0.75,
            avg_len=AVERAGE_WORDS,
            tokenizer=TokenizerType.Whitespace,
            language=stemmer,
            lowercase=True,
            ascii_folding=True,
        )
    )
