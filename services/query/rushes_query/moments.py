"""Scenes that were found into moments: neighbours become one. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rushes_query.fuse import Place
from rushes_schemas.index import ScenePayload

GAP_MS = 40
"""Scenes no further apart are contiguous: a frame's time, for what rounding does."""
SEGMENT_GAP_MS = 1000
"""The same where a shot goes on in the next segment, which was planned before any frame's time was known."""


@dataclass(frozen=True)
class FoundScene:
    """A scene that a search found: its point's id and payload, its fused score and its places in the legs."""

    id: str
    payload: ScenePayload
    score: float
    places: tuple[Place, ...]


@dataclass(frozen=True)
class FoundMoment:
    """Neighbouring scenes of one video, in order of time, none of them missing in between."""

    scenes: tuple[FoundScene, ...]

    @property
    def video_id(self) -> str:
        return self.scenes[0].payload.video_id

    @property
    def title(self) -> str | None:
        """The video's title as the scenes know it."""
        return self.scenes[0].payload.title

    @property
    def start_ms(self) -> int:
        return self.scenes[0].payload.start_ms

    @property
    def end_ms(self) -> int:
        return max(scene.payload.end_ms for scene in self.scenes)

    @property
    def best(self) -> FoundScene:
        """The scene with the highest score, the first of several."""
        return max(self.scenes, key=lambda scene: scene.score)

    @property
    def score(self) -> float:
        """The best scene's: a moment is no better for being long."""
        return self.best.score

    @property
    def text(self) -> str:
        """What is said in it; only where nothing is, what stands in for it, once."""
        said = [scene.payload.text for scene in self.scenes if not scene.payload.fallback]
        return " ".join(said) if said else self.scenes[0].payload.text

    @property
    def thumbnail_scene(self) -> str | None:
        """The id of the scene that shows it best: highest in the visual leg, else in all; None: none has a picture."""
        pictured = [scene for scene in self.scenes if scene.payload.thumbnail_uri]
        return min(pictured, key=_picture_order).id if pictured else None

    @property
    def places(self) -> tuple[Place, ...]:
        """The best place that any of its scenes has in each leg, best first."""
        best: dict[str, Place] = {}
        for place in sorted((place for scene in self.scenes for place in scene.places), key=lambda p: p.rank):
            best.setdefault(place.leg, place)
        return tuple(best.values())


def moments(scenes: Iterable[FoundScene]) -> list[FoundMoment]:
    """The moments that the scenes make up, best first. Every scene is in exactly one; no two overlap."""
    by_video: defaultdict[str, list[FoundScene]] = defaultdict(list)
    for scene in scenes:
        by_video[scene.payload.video_id].append(scene)
    found = [FoundMoment(run) for its in by_video.values() for run in _runs(sorted(its, key=_time_order))]
    return sorted(found, key=lambda moment: (-moment.score, moment.video_id, moment.start_ms))


def _runs(scenes: Sequence[FoundScene]) -> Iterator[tuple[FoundScene, ...]]:
    """One video's scenes, in order of time, cut where the next one does not follow on."""
    run: list[FoundScene] = []
    end_ms = 0
    for scene in scenes:
        if run and not _follows(end_ms, scene.payload):
            yield tuple(run)
            run = []
        end_ms = max(end_ms, scene.payload.end_ms) if run else scene.payload.end_ms
        run.append(scene)
    if run:
        yield tuple(run)


def _follows(end_ms: int, scene: ScenePayload) -> bool:
    """Overlap counts too: while a video is indexed anew, the scenes of two recipes lie there for a moment."""
    return scene.start_ms - end_ms <= (SEGMENT_GAP_MS if scene.continues else GAP_MS)


def _time_order(scene: FoundScene) -> tuple[int, int, str]:
    return scene.payload.start_ms, scene.payload.end_ms, scene.id


def _picture_order(scene: FoundScene) -> tuple[float, float]:
    seen = (place.rank for place in scene.places if place.leg == "visual")
    return next(seen, float("inf")), -scene.score
