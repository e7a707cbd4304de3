"""Videos whose artefacts are there already, so that many are indexed within a minute: real pictures, made-up words."""

import hashlib
from pathlib import Path

from rushes_asr import app as asr
from rushes_asr.settings import AsrSettings
from rushes_ingest import app as ingest
from rushes_ingest.app import video_of
from rushes_ingest.settings import IngestSettings
from rushes_runtime.artefacts import Artefact, write
from rushes_runtime.blobs import Blobs
from rushes_scenes import app as scenes
from rushes_scenes.settings import SceneSettings
from rushes_schemas.artefacts import Plan, PublishedMetadata, SceneList, Source
from rushes_schemas.events import (
    Keyframe,
    Scene,
    Segment,
    SegmentPlanned,
    SegmentTranscribed,
    Transcript,
    VideoUploaded,
    Word,
    extended,
)
from rushes_schemas.ids import blob_uri, video_id
from rushes_schemas.storyboard import Storyboard, storyboard_key

PHOTOGRAPHS = sorted((Path(__file__).parents[1] / "models" / "data").glob("*.jpg"))
SCENES = 2
SCENE_MS = 10_000


async def seed(blobs: Blobs, number: int, asr_model: str) -> VideoUploaded:
    """Store a video with its plan, words and scenes; what is to be published. Its word is `keyword(number)`."""
    sha256 = hashlib.sha256(f"seed {number}".encode()).hexdigest()
    source = Source(video_id=video_id(sha256), sha256=sha256, size_bytes=1, stored_at=1)
    await blobs.put(source.key, b"x")
    await write(blobs, source.key + ".json", source)
    planned = ingest.plan_artefact(source, IngestSettings())
    plan = _plan(planned)
    await write(blobs, planned.key, plan)
    segment = SegmentPlanned(video=video_of(source, plan, PublishedMetadata()), segment=plan.segments[0])
    heard = Transcript(status="ok", language="en", words=_words(number))
    await write(blobs, asr.artefact_of(segment, AsrSettings(model=asr_model)).key, heard)
    await _store_scenes(blobs, extended(segment, SegmentTranscribed, transcript=heard), number)
    return VideoUploaded(uri=source.uri, title=f"Seed {number}", accepted_at=2)


def keyword(number: int) -> str:
    """What is said in this video and in no other."""
    return f"keyword{number:03d}"


def _plan(artefact: Artefact) -> Plan:
    sound = blob_uri(artefact.key.replace("/ingest-", "/0/sound-").replace(".json", ".flac"))
    segment = Segment(index=0, start_ms=0, end_ms=SCENES * SCENE_MS, audio_uri=sound)
    return Plan(
        duration_ms=segment.end_ms, width=64, height=64, has_audio=True, media_type="video/mp4", segments=(segment,)
    )


def _words(number: int) -> tuple[Word, ...]:
    texts = ["this", "is", keyword(number), "and", "nothing", "else"]
    return tuple(
        Word(start_ms=place * 3000, end_ms=place * 3000 + 1000, text=text, probability=1)
        for place, text in enumerate(texts)
    )


async def _store_scenes(blobs: Blobs, event: SegmentTranscribed, number: int) -> None:
    artefact = scenes.artefact_of(event, SceneSettings())
    found = []
    for index in range(SCENES):
        start_ms = index * SCENE_MS
        key = artefact.key.replace("/scenes-", "/keyframes-").replace(".json", f"/{start_ms}.jpg")
        await blobs.put(key, PHOTOGRAPHS[(number + index) % len(PHOTOGRAPHS)].read_bytes())
        keyframe = Keyframe(time_ms=start_ms, uri=blob_uri(key))
        found.append(Scene(index=index, start_ms=start_ms, end_ms=start_ms + SCENE_MS, keyframes=(keyframe,)))
    await write(blobs, artefact.key, SceneList(scenes=tuple(found)))
    times_ms = tuple(scene.start_ms for scene in found)
    board = Storyboard(columns=SCENES, tile_width=64, tile_height=64, times_ms=times_ms, end_ms=SCENES * SCENE_MS)
    await write(blobs, storyboard_key(event.video.video_id, 0, artefact.recipe), board)
