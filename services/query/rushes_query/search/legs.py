"""The legs of a search: which vectors each one compares, by which encoder, and from which score on a scene counts.

`SEARCH_LEGS` is the registry. A new leg is a class here and an entry in it; `rushes_schemas.index` names its vector and
says what people call it, and settings, requests and the gRPC contract have its weight. Encoding blocks: call it off
the event loop.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import ClassVar, Generic, Literal, TypeVar

import numpy as np
import structlog

from rushes_models.ports import ImageTextEncoder, TextEncoder, Vectors
from rushes_query.search.query_image import QueryImage
from rushes_query.search.request import QueryParts, SearchOptions, SearchRequest
from rushes_query.settings import QuerySettings
from rushes_runtime.index.port import AnyVector, Point
from rushes_schemas.api import LegOmission
from rushes_schemas.index import Leg, ScenePayload

T = TypeVar("T")

Start = Literal["term", "keyframe", "speech"]
"""Where to start watching a scene that a leg found: at the words of the question, at the most similar keyframe, or at
the words of the question and else at the first word."""

log = structlog.stdlib.get_logger("rushes.query")


@dataclass(frozen=True)
class LegQuery:
    """A leg's query: the vector, and the least score of a hit (None: any)."""

    vector: AnyVector
    floor: float | None


Planned = LegQuery | LegOmission
"""A leg's query, or the reason for which it takes no part."""


@dataclass(frozen=True)
class SearchPlan:
    """A search as the index executes it."""

    queries: Mapping[Leg, LegQuery]
    weights: Mapping[Leg, float]
    left_out: Mapping[Leg, LegOmission] = field(default_factory=dict)
    terms: frozenset[int] = frozenset()
    """The numbers of the request's terms, as the lexical vector has them."""
    phrases: Sequence[str] = ()
    """Terms that must follow each other, separated by spaces."""


class LruCache(Generic[T]):
    """The values of the keys that were requested last. Thread-safe; two threads that request the same new key may both
    compute its value."""

    def __init__(self, size: int, compute: Callable[[str], T]) -> None:
        """`size`: how many values are kept."""
        self._size = size
        self._compute = compute
        self._values: OrderedDict[str, T] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def get(self, key: str) -> T:
        """Return the value, computed now if it is not cached. What `compute` raises is raised, and not cached."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        # Outside of the lock: encoding takes milliseconds, and other threads' values are cached meanwhile.
        value = self._compute(key)
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return value


class SearchLeg(ABC):
    """One leg of the search, with the encoder that its vectors in the index come from."""

    name: ClassVar[Leg]
    """Also the name of its vector, and of its weight in settings and requests: `<name>_weight`."""
    start: ClassVar[Start]
    start_order: ClassVar[int]
    """Of legs that contribute the same to a scene's score, the one with the lowest order decides where to start."""

    def __init__(self, settings: QuerySettings, texts: TextEncoder, images: ImageTextEncoder) -> None:
        """Nothing is loaded."""
        self._settings = settings
        self._texts = texts
        self._images = images
        self.is_warm = False

    @abstractmethod
    def warm(self) -> None:
        """Load the encoder. Blocks; raises WeightsError."""

    def is_cached(self, question: QueryParts) -> bool:
        """Whether `for_question` computes nothing that would block the event loop."""
        return True

    @abstractmethod
    def for_question(self, question: QueryParts) -> Planned:
        """Return the query for a question, or why there is none. Blocks."""

    @abstractmethod
    def for_scene(self, scene: Point) -> Planned:
        """Return the query for scenes that are similar to a scene, or why there is none."""

    def weight(self, options: SearchOptions) -> float:
        """Return the leg's weight: the request's, else the settings'."""
        requested: float | None = getattr(options, f"{self.name}_weight")
        configured: float = getattr(self._settings, f"{self.name}_weight")
        return configured if requested is None else requested

    def _encoded(self, encode: Callable[[], Vectors], floor: float | None) -> Planned:
        if not self.is_warm:
            return "model_not_loaded"
        try:
            return LegQuery(encode(), floor)
        except Exception as error:  # whatever a model raises, the other legs can answer
            log.error("a model failed", exc_info=error)
            return "model_failed"


class VisualLeg(SearchLeg):
    """Compares keyframes with the words or the image of the question."""

    name = "visual"
    start = "keyframe"
    start_order = 1

    def __init__(self, settings: QuerySettings, texts: TextEncoder, images: ImageTextEncoder) -> None:
        super().__init__(settings, texts, images)
        self._cache: LruCache[Vectors] = LruCache(settings.cached_queries, lambda q: images.encode_queries([q]))

    def warm(self) -> None:
        """Load the half of the model that encodes words, and the half that encodes images if it may be needed."""
        self._images.encode_queries(["warm"])
        if self._settings.pictures:
            self._images.warm()

    def is_cached(self, question: QueryParts) -> bool:
        """Whether there are no words outside of quotation marks, or their vector is cached."""
        return not question.words or question.words in self._cache

    def for_question(self, question: QueryParts) -> Planned:
        """The image replaces the words. Phrases take no part: nothing is quoted in a picture."""
        image, words = question.image, question.words
        if image is not None:
            if not self._settings.pictures:
                return "no_picture_model"
            return self._encoded(lambda: self._images.encode_images([image]), self._settings.picture_floor)
        if not words:
            return "only_a_phrase" if question.phrases else "no_words"
        return self._encoded(lambda: self._cache.get(words), self._settings.visual_floor)

    def for_scene(self, scene: Point) -> Planned:
        """The scene's middle keyframe."""
        rows = scene.vectors.get(self.name)
        if not isinstance(rows, np.ndarray) or not len(rows):
            return "silent"
        # One row only, the middle keyframe: MaxSim adds up over the rows of a query, which the floor doesn't expect.
        return LegQuery(rows[len(rows) // 2 :][:1], self._settings.picture_floor)


class SpeechLeg(SearchLeg):
    """Compares the meaning of what is said with the question."""

    name = "speech"
    start = "speech"
    start_order = 2

    def __init__(self, settings: QuerySettings, texts: TextEncoder, images: ImageTextEncoder) -> None:
        super().__init__(settings, texts, images)
        self._cache: LruCache[Vectors] = LruCache(settings.cached_queries, lambda q: texts.encode([q])[0])

    def warm(self) -> None:
        """Load the text encoder."""
        self._texts.warm()

    def is_cached(self, question: QueryParts) -> bool:
        """Whether the words' vector is cached."""
        return (question.words or question.text) in self._cache

    def for_question(self, question: QueryParts) -> Planned:
        """The words outside of quotation marks, or the phrases where there are no others."""
        words = question.words or question.text
        if not words:
            return "no_words"
        # A scene with the phrases is found whatever its score: stop words alone ("to be or not to be") have no term.
        floor = None if question.phrases else self._settings.speech_floor
        return self._encoded(lambda: self._cache.get(words), floor)

    def for_scene(self, scene: Point) -> Planned:
        """The vector of what is said in the scene; a fallback text is not said."""
        vector = scene.vectors.get(self.name)
        if vector is None or ScenePayload.model_validate(scene.payload).fallback:
            return "silent"
        return LegQuery(vector, self._settings.alike_floor)


class LexicalLeg(SearchLeg):
    """Compares the terms of what is said with the terms of the question, by BM25."""

    name = "lexical"
    start = "term"
    start_order = 0  # a term is said at a known time; a meaning is not

    def warm(self) -> None:
        """Terms need no model."""

    def for_question(self, question: QueryParts) -> Planned:
        """Every term, those of phrases included."""
        return LegQuery(question.terms, self._settings.lexical_floor) if question.terms.indices else "no_words"

    def for_scene(self, scene: Point) -> Planned:
        """Scenes are compared by what they show and mean, not by their terms."""
        return "no_words"


SEARCH_LEGS: tuple[type[SearchLeg], ...] = (VisualLeg, SpeechLeg, LexicalLeg)
"""Every leg, in the order in which answers list those that were left out."""
BY_NAME: dict[str, type[SearchLeg]] = {leg.name: leg for leg in SEARCH_LEGS}
KEYFRAME_LEGS = tuple(leg.name for leg in SEARCH_LEGS if leg.start == "keyframe")


class LegPlanner:
    """Requests to plans, by the encoders of the collection that is searched."""

    def __init__(self, texts: TextEncoder, images: ImageTextEncoder, settings: QuerySettings) -> None:
        """Nothing is loaded."""
        self._legs = [leg(settings, texts, images) for leg in SEARCH_LEGS]

    @property
    def is_warm(self) -> bool:
        """Whether every encoder is loaded; that of images only if the settings let users search by image."""
        return all(leg.is_warm for leg in self._legs)

    def warm(self) -> None:
        """Load every encoder. Blocks; raises WeightsError."""
        for leg in self._legs:
            leg.warm()
        for leg in self._legs:  # not one by one: until all are loaded, an answer would rank by some of them only
            leg.is_warm = True

    def is_quick(self, request: SearchRequest) -> bool:
        """Whether `for_request` encodes nothing, so that it may be called on the event loop."""
        return request.image is None and all(leg.is_cached(QueryParts(request.q)) for leg in self._legs)

    def for_request(self, request: SearchRequest, image: QueryImage | None = None) -> SearchPlan:
        """Return the plan of a request; `image` is the request's, decoded. Blocks."""
        question = QueryParts(request.q, request.language, image)
        planned = {leg.name: leg.for_question(question) for leg in self._legs}
        return self._plan(request, planned, frozenset(question.terms.indices), question.phrases)

    def for_scene(self, options: SearchOptions, scene: Point) -> SearchPlan:
        """Return the plan for what is similar to a scene: it shows the same as the scene's middle keyframe, or the
        meaning of what is said is the same."""
        return self._plan(options, {leg.name: leg.for_scene(scene) for leg in self._legs})

    def _plan(
        self,
        options: SearchOptions,
        planned: Mapping[Leg, Planned],
        terms: frozenset[int] = frozenset(),
        phrases: Sequence[str] = (),
    ) -> SearchPlan:
        weights = {leg.name: leg.weight(options) for leg in self._legs}
        weighed: dict[Leg, Planned] = {leg: its if weights[leg] else "no_weight" for leg, its in planned.items()}
        queries = {leg: its for leg, its in weighed.items() if isinstance(its, LegQuery)}
        left_out = {leg: its for leg, its in weighed.items() if not isinstance(its, LegQuery)}
        return SearchPlan(queries, weights, left_out, terms, phrases)
