"""Sparse word vectors (BM25) for the lexical leg, made on the client for any Qdrant index.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, through `qdrant_edge.Bm25`,
which hashes each word to an index and weighs it by its count. The rarity of a word (idf) is left to the index: the
sparse field must have Qdrant's idf modifier.
"""

from dataclasses import dataclass

from qdrant_edge import Bm25, Bm25Config, TokenizerType

from rushes_models.words import document_terms, query_terms

RECIPE = "bm25-qdrant-edge-0.9/english/k1.2-b0.75-len40/ngrams-v1"
"""Change it whenever the same text would give another vector; a test holds the numbers."""

AVERAGE_WORDS = 40
"""What a scene's words are usually like: some fifteen seconds of speech."""


@dataclass(frozen=True)
class SparseVector:
    """Term numbers and their weights, pairwise. Both empty if the text has no word worth finding."""

    indices: list[int]
    values: list[float]


class LexicalEncoder:
    """BM25 for text in any language, whose language need not be known. Safe to share between threads.

    Words are split here (see `words`). The library then lower-cases, folds accents (café, Straße), drops English
    stop words and stems as English: a query's language is unknown, both sides must be treated alike, and in
    other languages the idf does what the stop words do not.
    """

    recipe = RECIPE

    def __init__(self) -> None:
        """About 20 ms; reads no file."""
        self._model = Bm25(
            Bm25Config(
                k=1.2,
                b=0.75,
                avg_len=AVERAGE_WORDS,
                tokenizer=TokenizerType.Whitespace,
                language="english",
                lowercase=True,
                ascii_folding=True,
            )
        )

    def encode_document(self, text: str) -> SparseVector:
        """The text as it goes into the index: each term with its saturated count."""
        found = self._model.embed_document(document_terms(text))
        return SparseVector(found.indices, found.values)

    def encode_query(self, text: str) -> SparseVector:
        """The text as it is searched for: each term once, with weight 1."""
        found = self._model.embed_query(query_terms(text))
        return SparseVector(found.indices, found.values)
