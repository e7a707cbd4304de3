"""Thirty short films, each of other bytes: stretches of the examples, every fifth long enough for several segments."""

from pathlib import Path

from tests.cluster.films import EXAMPLES, stretch

SHORT_S, LONG_S = 5, 14
LONG_EVERY = 5

KEYFRAMES = {
    "cabinet-of-curiosities.mp4": (0, 4, 7.4, 11.4, 15.4, 18.4, 22.4, 26.4, 29.4, 33.4, 37.4, 41.4, 45.4, 49.4, 52.9),
    "sonnet-at-night.mp4": (0, 4.7, 7.7, 9.7, 14.7, 18.7, 22.1),
    "silent-postcards.mp4": (0, 3.6, 7.1, 9.1, 12.7, 15.9, 17.5, 21),
}  # fmt: skip
"""Just behind some keyframes of each example, in seconds."""

SEGMENTS = {
    "RUSHES_INGEST__SEGMENTS__TARGET_S": "6",
    "RUSHES_INGEST__SEGMENTS__MIN_S": "4",
    "RUSHES_INGEST__SEGMENTS__MAX_S": "8",
}
"""A short film is one segment, a long one three."""


def films(folder: Path, count: int = 30) -> list[Path]:
    """So many of them, in a folder; the same ones each time."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = sorted(((start, name) for name, starts in KEYFRAMES.items() for start in starts))
    made = []
    for number, (start_s, name) in enumerate(starts[:count]):
        target = folder / f"{Path(name).stem}-{start_s:g}.mp4"
        stretch(EXAMPLES / name, start_s, start_s + (SHORT_S if number % LONG_EVERY else LONG_S), target)
        made.append(target)
    return made
