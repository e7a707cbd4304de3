"""What a run left behind: the catalog, the points, the blobs, the lag, the dead letters."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.cluster.cluster import Cluster

from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.dead import DeadLetters, Wanted
from rushes_runtime.bus.lag import lags
from rushes_runtime.index.open import open_index
from rushes_runtime.index.port import Index
from rushes_runtime.settings import KafkaSettings

SCENES = "rushes-scenes-"
Place = tuple[str, str, int, int]
"""A point's id, video, segment and scene."""


@dataclass(frozen=True)
class Outcome:
    """All that two runs of the same films are compared by."""

    videos: dict[str, Any]
    points: Counter[Place]
    """Every point, and how often it is there."""
    blobs: frozenset[str]
    """The keys below `videos/`."""
    left_in_blobs: tuple[str, ...]
    """Keys elsewhere: notes and bytes of uploads that are not finished."""
    dead: tuple[str, ...]
    """Dead letters: service, reason, error."""


def outcome(cluster: Cluster) -> Outcome:
    """Read all of it."""
    keys = cluster.minio.keys()
    return Outcome(
        videos=cluster.videos(),
        points=asyncio.run(_points(cluster)),
        blobs=frozenset(key for key in keys if key.startswith("videos/")),
        left_in_blobs=tuple(key for key in keys if not key.startswith(("videos/", "deleted/"))),
        dead=asyncio.run(_dead(cluster)),
    )


def differences(there: Outcome, expected: Outcome) -> list[str]:
    """What is wrong with a run, by the outcome of an undisturbed one; empty where nothing is."""
    found = []
    for video_id in expected.videos:
        video = there.videos.get(video_id, {"status": "unknown to the catalog"})
        if video["status"] != "indexed" and not (video["status"] == "degraded" and video.get("reason")):
            found.append(f"video {video_id} is {video['status']}: {video.get('reason')}")
    found += [f"video {video_id} is none of ours" for video_id in there.videos.keys() - expected.videos.keys()]
    found += [f"missing point {point}" for point in expected.points - there.points]
    found += [f"one point too many {point}" for point in there.points - expected.points]
    found += [f"missing blob {key}" for key in sorted(expected.blobs - there.blobs)]
    found += [f"one blob too many {key}" for key in sorted(there.blobs - expected.blobs)]
    found += [f"left of an upload: {key}" for key in there.left_in_blobs if key.startswith("pending/")]
    return found + [f"dead letter: {letter}" for letter in there.dead]


def waiting(cluster: Cluster) -> dict[str, int]:
    """Records that are not settled, by topic; empty where all lag is 0."""
    found = asyncio.run(lags(_kafka(cluster)))
    return {lag.topic: lag.waiting for lag in found if lag.waiting}


def _kafka(cluster: Cluster) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=cluster.kafka.addresses.plaintext)


async def _points(cluster: Cluster) -> Counter[Place]:
    return await points_of(open_index(cluster.index.url))


async def points_of(index: Index) -> Counter[Place]:
    """Every point of an index, which is closed then, and how often it is there."""
    found: Counter[Place] = Counter()
    try:
        for name in [each for each in await index.collections() if each.startswith(SCENES)]:
            after = None
            while True:
                page = await index.scroll(name, limit=500, after=after)
                found.update((point.id, *_place(point.payload)) for point in page.points)
                if (after := page.next) is None:
                    break
    finally:
        await index.close()
    return found


def _place(payload: Any) -> tuple[str, int, int]:
    return payload["video_id"], payload["segment"], payload["scene"]


async def _dead(cluster: Cluster) -> tuple[str, ...]:
    letters = await DeadLetters(_kafka(cluster), Blobs("memory:///")).open(Wanted())
    return tuple(json.dumps([letter.service, letter.video_id, letter.segment, letter.error]) for letter in letters)
