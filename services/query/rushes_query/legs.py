"""The legs of a search: what each is asked, and how much it counts. Encoding blocks; call it off the event loop."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rushes_models.lexical import LexicalEncoder
from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.ask import Ask
from rushes_query.pictures import decode
from rushes_query.settings import QuerySettings
from rushes_runtime.index.port import AnyVector, Filter, Point, Query, Sparse
from rushes_schemas.index import LEGS, Leg, ScenePayload


@dataclass(frozen=True)
class Wanted:
    """What one leg is asked for: the vector, and the score below which nothing counts as found."""

    vector: AnyVector
    floor: float


class Legs:
    """Questions to vectors, by the encoders that the index was filled with."""

    def __init__(self, texts: TextEncoder, images: ImageTextEncoder, settings: QuerySettings) -> None:
        """Nothing is loaded."""
        self._texts = texts
        self._images = images
        self._lexical = LexicalEncoder()
        self._settings = settings
        self.weights: Mapping[Leg, float] = {leg: getattr(settings, f"{leg}_weight") for leg in LEGS}
        """How much each leg counts."""

    def warm(self) -> None:
        """Load what words need; a picture loads the rest when one comes. Blocks; raises WeightsError."""
        self._texts.warm()
        self._images.encode_queries(["warm"])

    def of(self, ask: Ask) -> dict[Leg, Wanted]:
        """What is asked for. Blocks; raises InvalidError for a picture that can't be decoded."""
        wanted: dict[Leg, Wanted] = {}
        if ask.image is not None:
            wanted["visual"] = Wanted(self._images.encode_images([decode(ask.image)]), self._settings.picture_floor)
        elif ask.q:
            wanted["visual"] = Wanted(self._images.encode_queries([ask.q]), self._settings.visual_floor)
        if ask.q:
            words = self._lexical.encode_query(ask.q)
            wanted["speech"] = Wanted(self._texts.encode([ask.q])[0], self._settings.speech_floor)
            wanted["lexical"] = Wanted(Sparse(words.indices, words.values), self._settings.lexical_floor)
        return self._worth_asking(wanted)

    def like(self, scene: Point) -> dict[Leg, Wanted]:
        """What is like a scene: shows the same as its middle picture, or is about what is said in it."""
        wanted: dict[Leg, Wanted] = {}
        rows = scene.vectors.get("visual")
        if isinstance(rows, np.ndarray) and len(rows):
            # One row only: MaxSim adds up over the rows of a question, and so would leave the floor's scale.
            wanted["visual"] = Wanted(rows[len(rows) // 2 :][:1], self._settings.picture_floor)
        said = scene.vectors.get("speech")
        if said is not None and not ScenePayload.model_validate(scene.payload).fallback:
            wanted["speech"] = Wanted(said, self._settings.speech_floor)
        return self._worth_asking(wanted)

    def queries(self, wanted: Mapping[Leg, Wanted], filter: Filter) -> list[Query]:
        """One query a leg, in the order of `wanted`."""
        limit = self._settings.candidates
        return [Query(leg, its.vector, limit, filter, its.floor) for leg, its in wanted.items()]

    def _worth_asking(self, wanted: Mapping[Leg, Wanted]) -> dict[Leg, Wanted]:
        """Without the legs that count nothing, and those that would be asked for no word at all."""
        return {leg: its for leg, its in wanted.items() if self.weights[leg] and not _empty(its.vector)}


def _empty(vector: AnyVector) -> bool:
    return isinstance(vector, Sparse) and not len(vector.indices)
