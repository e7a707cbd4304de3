"""The index contract: what lies in Qdrant, under which names."""

import json
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict

from rushes_schemas.events import Language, Video, VideoId
from rushes_schemas.upload_metadata import Metadata

SCENES_ALIAS = "rushes-scenes"
VIDEOS_COLLECTION = "rushes-videos"

UNTITLED = "untitled video"
"""What a video without a title is called, and found as."""

VISUAL: Final = "visual"
"""Named vector: one row per keyframe (multivector, MaxSim over cosine)."""
SPEECH: Final = "speech"
"""Named vector: the scene's text (dense, cosine)."""
LEXICAL: Final = "lexical"
"""Named vector: the scene's text as BM25 term weights (sparse, idf kept by the index)."""

Leg = Literal["visual", "speech", "lexical"]
LEGS: tuple[Leg, ...] = get_args(Leg)
LEG_WORDS: dict[str, str] = {"visual": "pictures", "speech": "meaning", "lexical": "words"}
"""What each leg compares, in the words that explain why a moment was found. `rushes_query.search.legs` has the rest."""

SCENE_KEYWORD_FIELDS = ("video_id", "language", "recipe", "metadata_pairs")
SCENE_INTEGER_FIELDS = ("segment", "scene", "start_ms", "end_ms", "duration_ms", "added_at", "indexed_at")
SCENE_BOOL_FIELDS = ("fallback",)
SCENE_PHRASE_FIELDS = ("phrase_terms",)
VIDEO_KEYWORD_FIELDS = ("video_id", "status", "uri", "uris", "filename", "revision")
VIDEO_INTEGER_FIELDS = ("created_at", "updated_at")

VideoStatus = Literal["processing", "indexed", "degraded", "failed"]


class ScenePayload(BaseModel):
    """The payload of a scene's point."""

    model_config = ConfigDict(extra="allow", frozen=True)

    video_id: VideoId
    segment: int
    scene: int
    start_ms: int
    end_ms: int
    continues: bool = False
    title: str | None
    """The video's title as published; `text` says what stands in for it where there is none."""
    text: str
    language: Language | None
    fallback: bool
    """True where `text` is the video's title or "untitled video", because nothing is said in the scene."""
    thumbnail_uri: str | None
    keyframe_times_ms: tuple[int, ...] = ()
    """When each row of the visual vector is shown."""
    metadata: Metadata = {}
    metadata_pairs: tuple[str, ...] = ()
    """The metadata once more, as `pair` writes each: what is filtered by."""
    word_places: tuple[int, ...] = ()
    """Where in `text` each word begins; empty where nothing is said."""
    word_times_ms: tuple[int, ...] = ()
    """When each of these words begins."""
    phrase_terms: str = ""
    """What phrases are looked for in: the terms of `text`, and the first ones of the scene after it, since a cut does
    not wait for the end of a sentence."""
    duration_ms: int | None = None
    """The whole video's."""
    added_at: int | None = None
    """When the installation first knew of the video, in milliseconds since the Unix epoch."""
    indexed_at: int | None = None
    """When this point was written, in milliseconds since the Unix epoch."""
    recipe: str


class StageEntry(BaseModel):
    """One line of the ledger: what a stage last said of a segment."""

    model_config = ConfigDict(extra="allow", frozen=True)

    status: Literal["done", "retrying", "failed", "skipped"]
    reason: str | None = None
    points: int | None = None
    at: int
    elapsed_ms: int | None = None
    attempts: int = 1
    recipe: str | None = None
    artefact_uri: str | None = None
    language: Language | None = None
    offset: int | None = None
    """Where in its partition of `video-progress` the report lies, where that is known."""


class VideoRecord(BaseModel):
    """The payload of a video's point in `rushes-videos`: its facts, its status, and the ledger of its segments."""

    model_config = ConfigDict(extra="allow", frozen=True)

    video_id: VideoId
    status: VideoStatus
    reason: str | None = None
    uri: str | None = None
    """What the video was published as last, where that is known."""
    uris: tuple[str, ...] = ()
    """Everything that it was published as from elsewhere, the latest last: what it is found by."""
    provisional: bool = False
    """Whether this record stands for an accepted URI whose bytes, and so whose video, are not known yet. Its id is a
    function of the URI, and the video's own record takes its place."""
    video: Video | None = None
    """None while, or because, ingest has not got as far as the facts."""
    title: str | None = None
    filename: str | None = None
    language: Language | None = None
    """What most of its segments that have speech are in, or what the publisher said."""
    points: int = 0
    """How many scene points the index was counted to hold, once it is indexed."""
    created_at: int
    updated_at: int
    ingest: StageEntry | None = None
    segments: dict[str, dict[str, StageEntry]] = {}
    """Segment number as text -> stage -> what that stage last said."""
    revision: str = ""
    """Another one after each write, so that a writer can tell whether the record is still the one that it read."""


def pair(key: str, value: str | int | float | bool) -> str:
    """An entry of the metadata as one filters by it: `camera=B`, `take=2`, `indoors=true`."""
    return f"{key}={value if isinstance(value, str) else json.dumps(value)}"


def as_payload(model: BaseModel) -> dict[str, Any]:
    """The JSON form of a payload, as both adapters store it."""
    return model.model_dump(mode="json")
