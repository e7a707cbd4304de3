"""Pictures that may stand for a scene, kept before it is known where scenes begin and end."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from rushes_scenes.film import Shown
from rushes_scenes.thumbnail import Thumbnails

EVERY_MS = 250
"""How often a picture is kept, whatever it shows."""
MOST = 600
"""No more pictures are kept in that way, however long the segment: some 30 MB at 640 pixels across."""


@dataclass(frozen=True)
class Candidate:
    """A picture on show at `time_ms`. `dark`: it shows next to nothing."""

    time_ms: int
    jpeg: bytes
    dark: bool


class Pictures:
    """The candidates of the segment [start_ms, end_ms). They are small JPEGs, so that memory is bounded."""

    def __init__(self, start_ms: int, end_ms: int, delay: int, thumbnails: Thumbnails) -> None:
        """`delay`: a cut is told so many frames after its own."""
        self._start_ms, self._end_ms = start_ms, end_ms
        self._every_ms = max(EVERY_MS, (end_ms - start_ms) // MOST)
        self._due_ms = start_ms
        self._thumbnails = thumbnails
        self._held: Shown | None = None
        self._recent: deque[Shown] = deque(maxlen=delay + 1)
        self._kept: dict[int, Candidate] = {}
        self.empty = True
        """No frame of the segment's own was seen."""

    def see(self, shown: Shown, cuts_ms: Iterable[int]) -> None:
        """Take notice of the next frame, and of the cuts that it made known."""
        if shown.ms < self._start_ms:
            self._held = shown
        elif shown.ms < self._end_ms:
            self._see_inside(shown)
        # Whatever becomes of a mark, its scene may be too short for one of the regular pictures.
        for recent in self._recent:
            if recent.ms in cuts_ms:
                self._keep(recent.ms, recent)

    def candidates(self) -> list[Candidate]:
        """All candidates in order of time; at least one, if any frame before the segment's end was seen."""
        if self.empty:
            self._keep_held()
        return sorted(self._kept.values(), key=lambda candidate: candidate.time_ms)

    def _see_inside(self, shown: Shown) -> None:
        if self.empty and shown.ms > self._start_ms:
            self._keep_held()
        self.empty = False
        self._recent.append(shown)
        if shown.ms >= self._due_ms:
            self._keep(shown.ms, shown)
            self._due_ms = shown.ms + self._every_ms

    def _keep_held(self) -> None:
        """Until its own first frame comes, a segment shows the one before."""
        if self._held is not None:
            self._keep(self._start_ms, self._held)

    def _keep(self, time_ms: int, shown: Shown) -> None:
        if time_ms not in self._kept:
            small = self._thumbnails.thumbnail(shown)
            self._kept[time_ms] = Candidate(time_ms, self._thumbnails.jpeg(small), self._thumbnails.dark(small))
