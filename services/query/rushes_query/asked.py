"""What each leg of a search is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rushes_runtime.index.port import AnyVector
from rushes_schemas.index import Leg

Reason = Literal[
    "no_words", "no_weight", "only_a_phrase", "model_not_loaded", "model_failed", "no_picture_model", "silent"
]
"""Why a leg is not asked: there are no words to look for; it is to count nothing; all words stand in quotation marks,
which only the words that are said can answer; the model is not loaded yet, failed, or is switched off; nothing is said
in the scene that others are compared with."""


@dataclass(frozen=True)
class Wanted:
    """What one leg is asked for: the vector, and the score below which nothing counts as found (None: all does)."""

    vector: AnyVector
    floor: float | None


@dataclass(frozen=True)
class Asked:
    """A question as the index is asked it."""

    wanted: Mapping[Leg, Wanted]
    weights: Mapping[Leg, float]
    left_out: Mapping[Leg, Reason] = field(default_factory=dict)
    terms: frozenset[int] = frozenset()
    """The numbers of the terms that are looked for."""
    phrases: Sequence[str] = ()
    """What must be said in this order: terms separated by spaces."""
