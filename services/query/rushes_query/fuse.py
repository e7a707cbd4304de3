"""Reciprocal rank fusion: several ranked lists into one. Pure."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rushes_schemas.index import Leg


@dataclass(frozen=True)
class Scored:
    """One entry of a leg's list: what was found, and the leg's own score for it."""

    id: str
    score: float


@dataclass(frozen=True)
class Place:
    """Where a leg ranked something, 1 being the best, and the leg's own score. Equal scores have the same rank."""

    leg: Leg
    rank: int
    score: float


@dataclass(frozen=True)
class Fused:
    """What at least one leg found, with its place in each that did."""

    id: str
    score: float
    places: tuple[Place, ...]


def fuse(legs: Mapping[Leg, Sequence[Scored]], weights: Mapping[Leg, float], k: int) -> list[Fused]:
    """The union of the legs, best first: a thing's score is the sum over its legs of weight / (k + rank).

    Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
    SIGIR 2009, plus the weights. Only ranks count, so the legs' scores need not be comparable. What a leg scores
    alike it ranks alike: one more than the number of better ones. In the result equal scores are in order of their ids,
    so that the same index gives the same answer.
    """
    places: defaultdict[str, list[Place]] = defaultdict(list)
    for leg, found in legs.items():
        scores = sorted(-entry.score for entry in found)
        for entry in found:
            places[entry.id].append(Place(leg, 1 + bisect_left(scores, -entry.score), entry.score))
    fused = [
        Fused(id, sum(weights[place.leg] / (k + place.rank) for place in its), tuple(its)) for id, its in places.items()
    ]
    return sorted(fused, key=_best_first)


def _best_first(entry: Fused) -> tuple[float, str]:
    return -entry.score, entry.id
