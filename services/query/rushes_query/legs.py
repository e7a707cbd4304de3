"""The legs of a search: what each is asked, and how much it counts. Encoding blocks; call it off the event loop."""

from collections.abc import Callable, Mapping

import numpy as np
import structlog

from rushes_models.lexical import LexicalEncoder
from rushes_models.ports import ImageTextEncoder, TextEncoder, Vectors
from rushes_query.ask import Ask, Wish
from rushes_query.asked import Asked, Reason, Wanted
from rushes_query.cached import Cached
from rushes_query.pictures import Picture
from rushes_query.quoted import phrases, unquoted
from rushes_query.settings import QuerySettings
from rushes_runtime.index.port import Point, Sparse
from rushes_schemas.index import LEGS, Leg, ScenePayload

log = structlog.stdlib.get_logger("rushes.query")

Made = Wanted | Reason
"""What a leg is asked for, or why it is not asked."""


class Legs:
    """Questions to vectors, by the encoders that the index was filled with."""

    def __init__(self, texts: TextEncoder, images: ImageTextEncoder, settings: QuerySettings) -> None:
        """Nothing is loaded."""
        self._texts = texts
        self._images = images
        self._lexical = LexicalEncoder()
        self._settings = settings
        self._meanings: Cached[Vectors] = Cached(settings.cached_queries, lambda q: texts.encode([q])[0])
        self._sights: Cached[Vectors] = Cached(settings.cached_queries, lambda q: images.encode_queries([q]))
        self.is_warm = False
        """Whether what words need is loaded, and what pictures need if they may be asked for."""

    def warm(self) -> None:
        """Load all that is asked for. Blocks; raises WeightsError."""
        self._texts.warm()
        self._images.encode_queries(["warm"])
        if self._settings.pictures:
            self._images.warm()
        self.is_warm = True

    def is_quick(self, ask: Ask) -> bool:
        """Whether `of` has nothing to compute, so that it may be called on the event loop."""
        words = unquoted(ask.q)
        return ask.image is None and (words or ask.q) in self._meanings and (not words or words in self._sights)

    def of(self, ask: Ask, picture: Picture | None = None) -> Asked:
        """What is asked for; `picture` is the question's image, decoded. Blocks."""
        words, said = unquoted(ask.q), phrases(ask.q)
        terms = self._lexical.encode_query(ask.q, ask.language)
        sparse = Sparse(terms.indices, terms.values)
        made: dict[Leg, Made] = {
            "visual": self._visual(picture, words, said),
            "speech": self._speech(words or ask.q, said),
            "lexical": Wanted(sparse, self._settings.lexical_floor) if terms.indices else "no_words",
        }
        return self._asked(ask, made, frozenset(terms.indices), said)

    def like(self, wish: Wish, scene: Point) -> Asked:
        """What is like a scene: shows the same as its middle picture, or is about what is said in it."""
        made: dict[Leg, Made] = {"visual": "silent", "speech": "silent", "lexical": "no_words"}
        rows = scene.vectors.get("visual")
        if isinstance(rows, np.ndarray) and len(rows):
            # One row only: MaxSim adds up over the rows of a question, and so would leave the floor's scale.
            made["visual"] = Wanted(rows[len(rows) // 2 :][:1], self._settings.picture_floor)
        said = scene.vectors.get("speech")
        if said is not None and not ScenePayload.model_validate(scene.payload).fallback:
            made["speech"] = Wanted(said, self._settings.alike_floor)
        return self._asked(wish, made)

    def _visual(self, picture: Picture | None, words: str, said: list[str]) -> Made:
        if picture is not None:
            if not self._settings.pictures:
                return "no_picture_model"
            return self._encoded(lambda: self._images.encode_images([picture]), self._settings.picture_floor)
        if not words:
            return "only_a_phrase" if said else "no_words"
        return self._encoded(lambda: self._sights.get(words), self._settings.visual_floor)

    def _speech(self, words: str, said: list[str]) -> Made:
        """What has the phrases is found, however it scores: stop words alone ("to be or not to be") have no term."""
        if not words:
            return "no_words"
        return self._encoded(lambda: self._meanings.get(words), None if said else self._settings.speech_floor)

    def _encoded(self, encode: Callable[[], Vectors], floor: float | None) -> Made:
        if not self.is_warm:
            return "model_not_loaded"
        try:
            return Wanted(encode(), floor)
        except Exception as error:  # whatever a model raises, the other legs can answer
            log.error("a model failed", exc_info=error)
            return "model_failed"

    def _asked(
        self, wish: Wish, made: Mapping[Leg, Made], terms: frozenset[int] = frozenset(), said: list[str] | None = None
    ) -> Asked:
        weights = {leg: self._weight(wish, leg) for leg in LEGS}
        judged: dict[Leg, Made] = {leg: its if weights[leg] else "no_weight" for leg, its in made.items()}
        wanted = {leg: its for leg, its in judged.items() if isinstance(its, Wanted)}
        left_out = {leg: its for leg, its in judged.items() if not isinstance(its, Wanted)}
        return Asked(wanted, weights, left_out, terms, said or [])

    def _weight(self, wish: Wish, leg: Leg) -> float:
        asked: float | None = getattr(wish, f"{leg}_weight")
        if asked is not None:
            return asked
        weight: float = getattr(self._settings, f"{leg}_weight")
        return weight
