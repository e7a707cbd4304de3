"""Videos as the stages leave them: blobs, points and a record, small and complete."""

import hashlib
from typing import Any

import numpy as np

from rushes_runtime.artefacts import write
from rushes_runtime.index.port import CollectionSpec, DenseSpec, Filter, Match, Point
from rushes_runtime.index.scene_collections import scenes_collections
from rushes_runtime.index.video_records import put_record
from rushes_runtime.platform import Platform
from rushes_schemas.artefacts import Source
from rushes_schemas.events import Segment, SegmentPlanned, Video
from rushes_schemas.ids import scene_point_id, video_id
from rushes_schemas.index import VIDEOS_COLLECTION, VideoRecord

SCENES = CollectionSpec({"speech": DenseSpec(2)}, keyword_fields=["video_id"])
ARTEFACTS = (
    "declared.json",
    "ingest-a1.json",
    "0/sound-a1.flac",
    "0/asr-b1.json",
    "0/scenes-c1.json",
    "0/keyframes-c1/40.jpg",
    "0/embed-d1.json",
)


def source(name: str, stored_at: int) -> Source:
    """The bytes that are this name."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return Source(video_id=video_id(sha256), sha256=sha256, size_bytes=1, stored_at=stored_at)


def planned(source: Source) -> SegmentPlanned:
    """The event about its only segment."""
    facts: dict[str, Any] = {"duration_ms": 1000, "width": 2, "height": 2, "has_audio": True, "segment_count": 1}
    video = Video(**source.model_dump(), **facts, source_uri=source.uri, media_type="video/mp4")
    return SegmentPlanned(video=video, segment=Segment(index=0, start_ms=0, end_ms=1000))


async def store_all(platform: Platform, source: Source) -> None:
    """Everything that a finished video has."""
    await platform.blobs.put(source.key, b"x")
    await write(platform.blobs, source.key + ".json", source)
    for name in ARTEFACTS:
        await platform.blobs.put(f"videos/{source.video_id}/{name}", b"{}")
    await store_points(platform, source.video_id)
    record = VideoRecord(video_id=source.video_id, status="indexed", created_at=1, updated_at=1)
    await put_record(platform.index, record)


async def store_points(platform: Platform, video: str) -> None:
    """Two scenes of it, in every collection."""
    for name in await scenes_collections(platform.index):
        points = [
            Point(
                scene_point_id(video, 0, scene, name),
                {"video_id": video, "scene": scene},
                {"speech": np.ones(2, np.float32)},
            )
            for scene in range(2)
        ]
        await platform.index.upsert(name, points)


async def traces(platform: Platform, video: str) -> list[str]:
    """Everything in which the id of a video stands."""
    blobs, index = platform.blobs, platform.index
    found = [
        key
        for folder in ("videos", "deleting", "deleted", "pending")
        async for key in blobs.list(folder)
        if video in key or video.encode() in await blobs.get(key)
    ]
    for name in (*await scenes_collections(index), VIDEOS_COLLECTION):
        count = await index.count(name, Filter([Match("video_id", [video])]))
        found += [f"{count} in {name}"] if count else []
    return found
