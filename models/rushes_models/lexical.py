"""Sparse word vectors (BM25) for the lexical leg, computed outside the index, so that any Qdrant can store them.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, through `qdrant_edge.Bm25`,
which hashes each word to an index and weighs it by its count. The index computes the rarity of a word (idf): the sparse
field must have Qdrant's idf modifier.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache

from qdrant_edge import Bm25, Bm25Config, TokenizerType

from rushes_models.terms import document_terms, located_terms, query_terms

RECIPE = "bm25-qdrant-edge-0.9/by-language-v2/k1.2-b0.75-len40/ngrams-v2"
"""Change it whenever the same text gives another vector; a test fixes the numbers."""

AVERAGE_WORDS = 40
"""The usual number of words of a scene: about fifteen seconds of speech."""

ANY_LANGUAGE = "english"
"""The stemmer of texts whose language is unknown or has no stemmer: English is the most likely second language among
Korean or Polish words, and rules for English suffixes do not touch other scripts."""
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
    """Term numbers and their weights, pairwise. Both are empty for a text of stop words or without words."""

    indices: list[int]
    values: list[float]


class LexicalEncoder:
    """BM25 for text in any language. Safe to share between threads.

    `terms` splits the words. The library then lower-cases, folds accents (café, Straße), drops stop words and stems,
    by the rules of the language. A document's language is known and a query's is not, so a query contains the forms of
    its words in every language: a document matches the forms of its own language, and hardly any document contains
    the other forms.
    """

    recipe = RECIPE

    def encode_document(self, text: str, language: str | None = None) -> SparseVector:
        """Return the vector of an indexed text: each term with its saturated count. `language`: a tag such as pt-BR."""
        found = _model(_stemmer(language)).embed_document(document_terms(text))
        return SparseVector(found.indices, found.values)

    def encode_query(self, text: str, language: str | None = None) -> SparseVector:
        """Return the vector of a query: each term once, with weight 1. `language`: match documents of that language
        only."""
        terms = query_terms(text)
        # A stop word of one language is a word in another, so each stemmer drops its own.
        stemmers = [_stemmer(language)] if language else sorted({*STEMMERS.values(), ANY_LANGUAGE})
        indices = {index: 1.0 for stemmer in stemmers for index in _model(stemmer).embed_query(terms).indices}
        return SparseVector(list(indices), list(indices.values()))

    def places(self, terms: AbstractSet[int], text: str, language: str | None) -> list[tuple[int, int, int]]:
        """Return where a document's text has one of the terms: (start, end, term number), in order of the text."""
        return [place for place in _numbered(_stemmer(language), text) if place[2] in terms]


def _stemmer(language: str | None) -> str:
    return STEMMERS.get((language or "").split("-")[0], ANY_LANGUAGE)


@lru_cache(1024)
def _numbered(stemmer: str, text: str) -> tuple[tuple[int, int, int], ...]:
    """The terms of a text as (start, end, number), in order."""
    # Cached, since one answer marks the words of the same text several times.
    return tuple(sorted((term.start, term.end, _number(stemmer, term.text)) for term in located_terms(text)))


@lru_cache(65_536)
def _number(stemmer: str, term: str) -> int:
    """The number of a single term; -1 for a stop word."""
    found = _model(stemmer).embed_query(term).indices
    # The library drops stop words, so their list is empty.
    return int(found[0]) if found else -1


@cache
def _model(stemmer: str) -> Bm25:
    # Whitespace, since `terms` has split the words already and joined them with spaces.
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
