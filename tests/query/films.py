"""A small library: two films of real photographs, one with words in English and Korean, and one that was refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rushes_models.lexical import LexicalEncoder
from rushes_models.ports import Image, ImageTextEncoder, TextEncoder
from rushes_models.registry import encoders, recipes
from rushes_models.terms import phrase_terms
from rushes_runtime.blobs import Blobs
from rushes_runtime.index.made_with import MadeWith
from rushes_runtime.index.port import AnyVector, CollectionSpec, DenseSpec, Index, Point, Sparse
from rushes_runtime.settings import ModelSettings
from rushes_schemas.events import Transcript, Video, Word
from rushes_schemas.ids import blob_uri, scene_point_id, video_id
from rushes_schemas.index import (
    SCENE_BOOL_FIELDS,
    SCENE_INTEGER_FIELDS,
    SCENE_KEYWORD_FIELDS,
    SCENE_PHRASE_FIELDS,
    SCENES_ALIAS,
    VIDEOS_COLLECTION,
    ScenePayload,
    StageEntry,
    VideoRecord,
    as_payload,
)

PHOTOGRAPHS = Path(__file__).parents[1] / "models" / "data"
RECIPE = "0123456789ab"
MODELS = ModelSettings()
COLLECTION = MadeWith.of(MODELS, recipes(*encoders(MODELS))).collection
MORNING, LAUNCH, REFUSED = (video_id(digit * 64) for digit in "abc")
URI = "https://films.example/morning.mp4"
"""What the morning's film was published as."""
SOURCE = np.random.default_rng(7).bytes(3_000_001)
"""What lies where the morning's film should: a server of ranges does not look inside."""
ADDED = {MORNING: 1_000_000_000_000, LAUNCH: 1_500_000_000_000}
"""When the videos were added: in September 2001, and in July 2017."""
NOWHERE = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""


@dataclass(frozen=True)
class Shot:
    """A scene of a film. Its text: None where nothing is said."""

    video_id: str
    segment: int
    scene: int
    start_ms: int
    end_ms: int
    picture: str
    text: str | None
    title: str | None = None
    language: str | None = "en"
    continues: bool = False

    @property
    def id(self) -> str:
        return scene_point_id(self.video_id, self.segment, self.scene, RECIPE)

    @property
    def picture_key(self) -> str:
        return f"videos/{self.video_id}/{self.segment}/{self.scene}.jpg"


LISBON = "Holiday in Lisbon"
CAT = Shot(MORNING, 0, 0, 0, 4000, "cat", "The cat sleeps on the sofa.", LISBON)
COFFEE = Shot(MORNING, 0, 1, 4000, 9000, "coffee", "I drink my first cup of coffee.", LISBON)
MORE_COFFEE = Shot(MORNING, 1, 0, 9000, 12_000, "coffee", "The coffee is hot.", LISBON, continues=True)
TRIPOD = Shot(MORNING, 1, 1, 12_000, 15_500, "photographer", None, LISBON)
ROCKET = Shot(LAUNCH, 0, 0, 0, 6000, "rocket", "로켓이 발사대를 떠난다", language="ko")
ASTRONAUT = Shot(LAUNCH, 0, 1, 6000, 8000, "astronaut", None, language="ko")
SHOTS = (CAT, COFFEE, MORE_COFFEE, TRIPOD, ROCKET, ASTRONAUT)

SAID = (
    Transcript(status="ok", language="en", words=(
        Word(start_ms=100, end_ms=500, text="Cats & dogs", probability=0.9),
        Word(start_ms=500, end_ms=900, text="<sleep>.", probability=0.8),
    )),
    Transcript(status="ok", language="en", words=(Word(start_ms=9100, end_ms=9900, text="Hot.", probability=0.7),)),
)  # fmt: skip


async def fill(index: Index, blobs: Blobs, texts: TextEncoder, images: ImageTextEncoder) -> None:
    """Put the library into an index and a blob store, as the services do."""
    spec = CollectionSpec(
        {"visual": DenseSpec(images.dimensions, multi=True), "speech": DenseSpec(texts.dimensions)},
        ("lexical",),
        SCENE_KEYWORD_FIELDS,
        SCENE_INTEGER_FIELDS,
        SCENE_BOOL_FIELDS,
        SCENE_PHRASE_FIELDS,
    )
    await index.ensure(COLLECTION, spec)
    await index.point_alias(SCENES_ALIAS, COLLECTION)
    await index.upsert(COLLECTION, _points(texts, images))
    await index.ensure(VIDEOS_COLLECTION, CollectionSpec())
    await index.upsert(VIDEOS_COLLECTION, [Point(record.video_id, as_payload(record)) for record in records()])
    await blobs.put("videos/morning/source", SOURCE)
    for shot in SHOTS:
        await blobs.put(shot.picture_key, photograph_file(shot.picture))
    for number, transcript in enumerate(SAID):
        await blobs.put(f"videos/morning/{number}/asr.json", transcript.model_dump_json().encode())


def records() -> list[VideoRecord]:
    """The catalog: a film that is indexed, one without a title whose second segment is not done, one refused."""
    return [
        VideoRecord(
            video_id=MORNING, status="indexed", video=_video(MORNING, "videos/morning/source", 2), title=LISBON,
            language="en", points=4, created_at=1000, updated_at=2000, ingest=StageEntry(status="done", at=1000),
            uri=URI, uris=(URI,),
            segments={str(n): _done(f"videos/morning/{n}/asr.json") for n in range(2)},
        ),
        VideoRecord(
            video_id=LAUNCH, status="processing", video=_video(LAUNCH, "videos/launch/gone", 2),
            filename="launch.mp4", language="ko", created_at=1500, updated_at=1700,
            segments={"0": {"asr": StageEntry(status="skipped", reason="no_audio", at=1600)}},
        ),
        VideoRecord(video_id=REFUSED, status="failed", reason="not_a_video", created_at=1, updated_at=2),
    ]  # fmt: skip


def photograph_file(name: str) -> bytes:
    """A real photograph, as JPEG."""
    return (PHOTOGRAPHS / f"{name}.jpg").read_bytes()


def photograph(name: str) -> Image:
    """A real photograph, RGB."""
    picture = cv2.imdecode(np.frombuffer(photograph_file(name), np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(picture, np.uint8)


def _points(texts: TextEncoder, images: ImageTextEncoder) -> list[Point]:
    said = [shot.text or shot.title or "untitled video" for shot in SHOTS]
    seen = images.encode_images([photograph(shot.picture) for shot in SHOTS])
    return [
        Point(shot.id, as_payload(_payload(shot, text)), _vectors(shot, text, row, rows))
        for shot, text, row, rows in zip(SHOTS, said, texts.encode(said), seen[:, None, :], strict=True)
    ]


def _vectors(shot: Shot, text: str, speech: AnyVector, visual: AnyVector) -> dict[str, AnyVector]:
    words = LexicalEncoder().encode_document(text, shot.language)
    return {"visual": visual, "speech": speech, "lexical": Sparse(words.indices, words.values)}


def _payload(shot: Shot, text: str) -> ScenePayload:
    return ScenePayload(
        video_id=shot.video_id, segment=shot.segment, scene=shot.scene, start_ms=shot.start_ms, end_ms=shot.end_ms,
        continues=shot.continues, title=shot.title, text=text, language=shot.language, fallback=shot.text is None,
        thumbnail_uri=blob_uri(shot.picture_key), recipe=RECIPE, keyframe_times_ms=(shot.start_ms + 1500,),
        metadata_pairs=("camera=B", "take=2") if shot.video_id == MORNING else (), duration_ms=15_500,
        phrase_terms=" ".join(term.text for term in phrase_terms(text)), added_at=ADDED[shot.video_id], indexed_at=5000,
        word_places=_places(text), word_times_ms=tuple(shot.start_ms + 100 * n for n in range(len(_places(text)))),
    )  # fmt: skip


def _places(text: str) -> tuple[int, ...]:
    """Where each word of a text begins."""
    return tuple(place for place in range(len(text)) if place == 0 or text[place - 1] == " ")


def _video(id: str, key: str, segments: int) -> Video:
    return Video(
        video_id=id, sha256="a" * 64, metadata={"camera": "B", "take": 2}, duration_ms=15_500, width=640, height=360,
        has_audio=True, segment_count=segments, source_uri=blob_uri(key), size_bytes=len(SOURCE),
        media_type="video/mp4",
    )  # fmt: skip


def _done(transcript_key: str) -> dict[str, StageEntry]:
    stages: Sequence[str] = ("asr", "scenes", "embed")
    return {
        stage: StageEntry(status="done", at=2000, artefact_uri=blob_uri(transcript_key) if stage == "asr" else None)
        for stage in stages
    }
