"""`make bench-scale`: does a second process of the slowest stage help?

A batch of spoken films, whose pictures are nearly nothing, goes through services in processes of their own on Apache
Kafka, MinIO and a shared index: once with every stage at one process, once with asr at two. Every model has one thread.
"""

import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import httpx
from bench.page import table, write_section
from tests.cluster.cluster import Cluster
from tests.speech import speech

from rushes_schemas.stages import CATALOG, STAGE_NAMES

FILMS = 6
SEGMENTS = {
    "RUSHES_INGEST__SEGMENTS__TARGET_S": "20",
    "RUSHES_INGEST__SEGMENTS__MIN_S": "12",
    "RUSHES_INGEST__SEGMENTS__MAX_S": "30",
    "RUSHES_ASR__MODEL": "whisper-base",
}
WITHIN_S = 1200.0


class Measured(NamedTuple):
    """A batch: how long it took from the first upload to the last video's `indexed`, and each stage's work."""

    asr_processes: int
    wall_s: float
    busy_s: dict[str, float]


def main() -> None:
    """Measure, and write the section."""
    with tempfile.TemporaryDirectory(prefix="rushes-bench-") as folder:
        films = [Path(folder, f"film-{number}.mp4") for number in range(FILMS)]
        for seed, film in enumerate(films):
            speech.make(film, rounds=1, seed=seed)
        with Cluster(Path(folder, "cluster"), "PLAINTEXT", **SEGMENTS) as cluster:
            cluster.run(dict.fromkeys(("query", CATALOG, *STAGE_NAMES), 1))
            batch(cluster, [films[0]], 1, copy=1)  # whatever is done once only
            one = batch(cluster, films, 1, copy=2)
            cluster.run({"asr": 1})
            two = batch(cluster, films, 2, copy=3)
    write_section("bench-scale", report(one, two))
    sys.stdout.write(f"asr at one process {one.wall_s:.0f} s, at two {two.wall_s:.0f} s\n")
    if two.wall_s >= one.wall_s:
        sys.exit("a second asr process did not help")


def batch(cluster: Cluster, films: list[Path], asr_processes: int, copy: int) -> Measured:
    """Upload the films, as videos that nobody has seen, and wait until all are indexed."""
    [ingest] = cluster.of("ingest")
    known = len(cluster.videos())
    before = {stage: busy(cluster, stage) for stage in STAGE_NAMES}
    started = time.monotonic()
    for film in films:
        # A box that says nothing: other bytes, the same film.
        content = film.read_bytes() + struct.pack(">I4s", 8, b"free") * copy
        answer = httpx.post(f"{ingest.url}/v1/uploads", files={"file": (film.name, content)}, timeout=60)
        answer.raise_for_status()
    videos = cluster.settled(known + len(films), WITHIN_S)
    wall_s = time.monotonic() - started
    assert all(video["status"] == "indexed" for video in videos.values())
    return Measured(asr_processes, wall_s, {stage: busy(cluster, stage) - before[stage] for stage in STAGE_NAMES})


def busy(cluster: Cluster, stage: str) -> float:
    """Seconds that a stage's handlers have taken, in all its processes."""
    return sum(process.metric("rushes_stage_seconds_sum", stage=stage) for process in cluster.of(stage))


def report(one: Measured, two: Measured) -> str:
    """The section."""
    rows = [
        (each.asr_processes, f"{each.wall_s:.1f}", *(f"{each.busy_s[stage]:.1f}" for stage in STAGE_NAMES))
        for each in (one, two)
    ]
    header = ("asr processes", "batch, s", *(f"{stage} at work, s" for stage in STAGE_NAMES))
    shorter = two.wall_s / one.wall_s
    return f"""
{FILMS} films of about a minute and a half of speech, segments of 20 s, whisper-base, one thread a model; the other
stages at one process each. Services in processes of their own on Apache Kafka, MinIO and Qdrant Edge behind Qdrant's
gRPC; from the first upload to the last `indexed`. With a second asr process the batch takes {shorter:.2f} of the time.

{table(header, rows)}"""


if __name__ == "__main__":
    main()
