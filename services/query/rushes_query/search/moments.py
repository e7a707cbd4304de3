"""Ranked lists into moments: reciprocal rank fusion, then neighbouring scenes become one moment. Pure."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rushes_schemas.index import Leg


@dataclass(frozen=True)
class Scored:
    """A hit of a leg: an id, and the leg's own score."""

    id: str
    score: float


@dataclass(frozen=True)
class Place:
    """The rank of a hit in a leg, from 1, and the leg's own score. Equal scores have equal ranks."""

    leg: Leg
    rank: int
    score: float


@dataclass(frozen=True)
class Fused:
    """A hit of at least one leg, with its place in each leg that found it."""

    id: str
    score: float
    places: tuple[Place, ...]


def fuse(legs: Mapping[Leg, Sequence[Scored]], weights: Mapping[Leg, float], k: int) -> list[Fused]:
    """Return the union of the legs, best first: a score is the sum over the legs of weight / (k + rank).

    Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
    SIGIR 2009, plus the weights. Only ranks count, so the legs' scores need not be comparable. Equal scores of a leg
    have equal ranks: one more than the number of better hits. Equal fused scores are in order of their ids, so that the
    same index gives the same answer.
    """
    places: defaultdict[str, list[Place]] = defaultdict(list)
    for leg, found in legs.items():
        # Negated, since bisect needs ascending order: the rank is one more than the number of better scores.
        scores = sorted(-entry.score for entry in found)
        for entry in found:
            places[entry.id].append(Place(leg, 1 + bisect_left(scores, -entry.score), entry.score))
    fused = [
        Fused(id, sum(weights[place.leg] / (k + place.rank) for place in its), tuple(its)) for id, its in places.items()
    ]
    return sorted(fused, key=_best_first)


def _best_first(entry: Fused) -> tuple[float, str]:
    return -entry.score, entry.id


GAP_MS = 40
"""Scenes with a smaller gap are contiguous: the duration of a frame, for rounding."""
SEGMENT_GAP_MS = 1000
"""The same where a shot continues in the next segment: segments are planned before the times of frames are known."""


@dataclass(frozen=True)
class FoundScene:
    """A scene that was found: its time, its fused score and its places in the legs."""

    id: str
    video_id: str
    start_ms: int
    end_ms: int
    continues: bool
    score: float
    places: tuple[Place, ...]


@dataclass(frozen=True)
class FoundMoment:
    """Neighbouring scenes of one video, in order of time, without gaps."""

    scenes: tuple[FoundScene, ...]

    @property
    def video_id(self) -> str:
        return self.scenes[0].video_id

    @property
    def start_ms(self) -> int:
        return self.scenes[0].start_ms

    @cached_property
    def end_ms(self) -> int:
        return max(scene.end_ms for scene in self.scenes)

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of its scenes."""
        return frozenset(scene.id for scene in self.scenes)

    @cached_property
    def best(self) -> FoundScene:
        """The scene with the highest score, the first of several."""
        return max(self.scenes, key=lambda scene: scene.score)

    @property
    def score(self) -> float:
        """The best scene's score: a moment is not better for being long."""
        return self.best.score

    @property
    def places(self) -> tuple[Place, ...]:
        """The best place that any of its scenes has in each leg, best first."""
        best: dict[str, Place] = {}
        for place in sorted((place for scene in self.scenes for place in scene.places), key=lambda p: p.rank):
            best.setdefault(place.leg, place)
        return tuple(best.values())

    def best_in(self, leg: Leg) -> FoundScene | None:
        """Return the scene that a leg ranked highest, or None if the leg found none of them."""
        ranked = [
            (place.rank, scene.start_ms, scene.id)
            for scene in self.scenes
            for place in scene.places
            if place.leg == leg
        ]
        return next(scene for scene in self.scenes if scene.id == min(ranked)[2]) if ranked else None


def moments(scenes: Iterable[FoundScene], together: float) -> list[FoundMoment]:
    """Join scenes into moments, best first. Every scene is in exactly one moment; moments don't overlap.

    A scene joins its neighbour if its score is at least `together` (0 to 1) times the best score in the moment: of a
    long video that matches a little everywhere, only the part that answers is the moment.
    """
    by_video: defaultdict[str, list[FoundScene]] = defaultdict(list)
    for scene in scenes:
        by_video[scene.video_id].append(scene)
    runs = (run for its in by_video.values() for run in _runs(sorted(its, key=_time_order)))
    found = [FoundMoment(part) for run in runs for part in _parts(run, together)]
    return sorted(found, key=lambda moment: (-moment.score, moment.video_id, moment.start_ms))


def at_most(found: Iterable[FoundMoment], per_video: int) -> list[FoundMoment]:
    """Return the moments without those beyond the best `per_video` of each video."""
    seen: defaultdict[str, int] = defaultdict(int)
    kept = []
    for moment in found:
        seen[moment.video_id] += 1
        if seen[moment.video_id] <= per_video:
            kept.append(moment)
    return kept


Shots = list[list[FoundScene]]
"""Scenes in order of time, grouped by shot: parts of one shot, or scenes that overlap. Scenes of two recipes overlap
while a video is indexed again."""


def _runs(scenes: Sequence[FoundScene]) -> Iterator[Shots]:
    """Yield one video's scenes, in order of time, cut where there is a gap."""
    run: Shots = []
    end_ms = 0
    for scene in scenes:
        # `end_ms` is the latest end so far: a long scene may end after those that begin later.
        gap = scene.start_ms - end_ms
        if run and (gap < 0 or (scene.continues and gap <= SEGMENT_GAP_MS)):
            run[-1].append(scene)
        elif run and gap <= GAP_MS:
            run.append([scene])
        else:
            if run:
                yield run
            run, end_ms = [[scene]], 0
        end_ms = max(end_ms, scene.end_ms)
    if run:
        yield run


def _parts(run: Shots, together: float) -> Iterator[tuple[FoundScene, ...]]:
    """Yield the best shot with the neighbours that are good enough, and repeat on what remains at either side."""
    # A stack instead of recursion: a run may have thousands of shots.
    waiting = [run]
    while waiting:
        part = waiting.pop()
        scores = [max(scene.score for scene in shot) for shot in part]
        best = scores.index(max(scores))
        first, last = best, best + 1
        while first and scores[first - 1] >= together * scores[best]:
            first -= 1
        while last < len(part) and scores[last] >= together * scores[best]:
            last += 1
        yield tuple(scene for shot in part[first:last] for scene in shot)
        waiting += [rest for rest in (part[:first], part[last:]) if rest]


def _time_order(scene: FoundScene) -> tuple[int, int, str]:
    return scene.start_ms, scene.end_ms, scene.id
