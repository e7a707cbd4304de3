"""Whatever a door takes of what is said of a video can be written, fits into every record that is made of it, is read
back equal, and can be indexed. What it refuses, it refuses in a sentence that names the field."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from qdrant_client import models
from tests.in_full import IN_FULL

from rushes_ingest.api.changes import VideoEdit
from rushes_ingest.resumable.tus import parse_metadata as tus_fields
from rushes_ingest.upload_metadata import field_text, merge_metadata, uploaded_event
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import InvalidError
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.port import CollectionSpec, DenseSpec, Point
from rushes_schemas.artefacts import StoredMetadata
from rushes_schemas.events import LATEST_MS, Video, VideoProgress, VideoUploaded
from rushes_schemas.ids import video_id
from rushes_schemas.index import (
    SCENE_BOOL_FIELDS,
    SCENE_INTEGER_FIELDS,
    SCENE_KEYWORD_FIELDS,
    SCENE_PHRASE_FIELDS,
    VIDEO_INTEGER_FIELDS,
    VIDEO_KEYWORD_FIELDS,
    ScenePayload,
    VideoRecord,
    as_payload,
    pair,
)
from rushes_schemas.upload_metadata import EVENT_BYTES, METADATA_BYTES

from .grammars import json_values

KAFKA_DEFAULT = 1_048_576
URI = "file:///a.mp4"
ID = video_id("a" * 64)
EXAMPLES = 3000 if IN_FULL else 150

Said = dict[str, Any]
"""What is said of a video, as a client would have it: fields by name."""


def by_form(said: Said) -> VideoUploaded:
    return uploaded_event(URI, {name: field_text(name, value) for name, value in as_fields(said).items()})


def by_tus(said: Said) -> VideoUploaded:
    pairs = [f"{name} {b64encode(value).decode()}" for name, value in as_fields(said).items()]
    return uploaded_event(URI, tus_fields(",".join(pairs)))


def by_record(said: Said) -> VideoUploaded:
    return VideoUploaded.model_validate_json(dumped({"uri": URI} | said))


def by_json_body(said: Said) -> VideoUploaded:
    """As FastAPI does it: Python's parser, then the model."""
    return VideoUploaded.model_validate(json.loads(dumped({"uri": URI} | said)))


def by_patch(said: Said) -> VideoUploaded:
    return VideoEdit.model_validate(json.loads(dumped(said))).event(URI, 1)


def by_archive(said: Said) -> VideoUploaded:
    return VideoUploaded(uri=URI, **StoredMetadata.model_validate_json(dumped(said)).published().model_dump())


DOORS: dict[str, Callable[[Said], VideoUploaded]] = {
    "form": by_form,
    "tus": by_tus,
    "record": by_record,
    "JSON body": by_json_body,
    "PATCH": by_patch,
    "archive": by_archive,
}


def as_fields(said: Said) -> dict[str, bytes]:
    """Text fields, whose metadata are JSON."""
    return {
        name: dumped(value) if name == "metadata" else str(value).encode(errors="surrogatepass")
        for name, value in said.items()
    }


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


class Indexes:
    """A collection of scenes and one of videos in Qdrant Edge, with the indexes that the real ones have."""

    def __init__(self, folder: Path) -> None:
        self.runner = asyncio.Runner()
        self.index = EdgeIndex(folder)
        scenes = CollectionSpec(
            {"speech": DenseSpec(2)},
            (),
            SCENE_KEYWORD_FIELDS,
            SCENE_INTEGER_FIELDS,
            SCENE_BOOL_FIELDS,
            SCENE_PHRASE_FIELDS,
        )
        videos = CollectionSpec(keyword_fields=VIDEO_KEYWORD_FIELDS, integer_fields=VIDEO_INTEGER_FIELDS)
        self.runner.run(self.index.ensure("scenes", scenes))
        self.runner.run(self.index.ensure("videos", videos))

    def stored(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What is read back of a payload."""
        vectors: dict[str, Any] = {"speech": np.ones(2, np.float32)} if name == "scenes" else {}
        self.runner.run(self.index.upsert(name, [Point(ID, payload, vectors)]))
        (found,) = self.runner.run(self.index.get(name, [ID]))
        return dict(found.payload)

    def close(self) -> None:
        self.runner.run(self.index.close())
        self.runner.close()


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexes]:
    made = Indexes(tmp_path_factory.mktemp("carried"))
    yield made
    made.close()


def is_carried(event: VideoUploaded, indexes: Indexes) -> None:
    """The whole way of an event: the record, the notes, the progress, the points."""
    assert read_again(event, EVENT_BYTES) == event
    declared = merge_metadata(StoredMetadata(), event, now_ms())
    assert StoredMetadata.model_validate_json(declared.model_dump_json()) == declared
    facts: Said = {"duration_ms": 1, "width": 1, "height": 1, "has_audio": False, "segment_count": 1, "size_bytes": 1}
    video = Video(
        video_id=ID,
        sha256="a" * 64,
        source_uri=f"blob:videos/{ID}/source",
        media_type="video/mp4",
        **facts,
        **declared.published().model_dump(),
    )
    read_again(
        VideoProgress(video_id=ID, stage="ingest", status="done", at=1, video=video, source=event), KAFKA_DEFAULT
    )
    scene = ScenePayload(
        video_id=ID,
        segment=0,
        scene=0,
        start_ms=0,
        end_ms=1,
        title=video.title,
        text="",
        language=video.language,
        fallback=True,
        thumbnail_uri=None,
        metadata=video.metadata,
        metadata_pairs=tuple(pair(*each) for each in video.metadata.items()),
        recipe="r",
    )
    record = VideoRecord(video_id=ID, status="indexed", uri=event.uri, video=video, created_at=1, updated_at=1)
    for name, model in {"scenes": scene, "videos": record}.items():
        payload = as_payload(model)
        assert as_near(indexes.stored(name, payload)) == as_near(payload)
        sent = models.PointStruct(id=ID, vector={}, payload=payload).model_dump_json()
        assert json.loads(sent, parse_constant=refuse)["payload"] == payload


def as_near(payload: Any) -> Any:
    """The payload with 15 digits of each float: the engine's JSON parser may be off by one in the last place."""
    if isinstance(payload, dict):
        return {name: as_near(value) for name, value in payload.items()}
    if isinstance(payload, list):
        return [as_near(value) for value in payload]
    return float(f"{payload:.14e}") if isinstance(payload, float) else payload


def read_again(event: Any, most: int) -> Any:
    """The event after it was a record."""
    record = event.model_dump_json().encode()
    assert len(record) <= most
    json.loads(record, parse_constant=refuse)  # RFC 8259 knows no NaN
    again = type(event).model_validate_json(record)
    assert again == event
    return again


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


any_text = st.one_of(st.text(st.characters(), max_size=30), st.sampled_from(["\0", "\ud800", "x" * 1001, "é" * 20_001]))
scalars = st.one_of(
    any_text,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.sampled_from([2**63, 2**63 - 1, -(2**63), -(2**63) - 1, 2**64, 10**400, 5e-324, 1.7976931348623157e308, -0.0]),
)
anything_said = st.fixed_dictionaries(
    {},
    optional={
        "title": any_text,
        "description": any_text,
        "language": st.one_of(st.sampled_from(["en", "pt-BR", "en-" + "a" * 5 + "-aaaaaaaa" * 30]), any_text),
        "metadata": st.one_of(
            st.dictionaries(any_text, scalars, max_size=6),
            st.dictionaries(st.text(max_size=5), st.just("x" * 5000), max_size=20),
            json_values,
        ),
    },
)


@pytest.mark.parametrize("door", DOORS)
def test_what_is_taken_can_be_carried(indexes: Indexes, door: str) -> None:
    taken = 0

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(anything_said)
    def tried(said: Said) -> None:
        nonlocal taken
        try:
            event = DOORS[door](said)
        except (ValidationError, InvalidError):
            return
        taken += 1
        is_carried(event, indexes)

    tried()
    assert taken > EXAMPLES // 20  # refusing everything would be no proof


@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(st.text(st.characters(), max_size=8).filter(lambda name: name != "uri"), json_values, max_size=4)
)
def test_unknown_fields_are_carried_on_or_refused(extra: Said) -> None:
    for door in (by_record, by_json_body):
        try:
            event = door(extra)
        except ValidationError:
            continue
        read_again(event, EVENT_BYTES)


LARGEST = {
    "title": "😀" * 1000,
    "description": "\x01" * 20_000,
    "filename": "😀" * 1000,
    "metadata": {f"{n:03}": "é" * 60 for n in range(450)},
}


def test_the_most_that_can_be_said_is_carried(indexes: Indexes) -> None:
    assert len(dumped(LARGEST["metadata"]).decode("unicode_escape").encode()) * 0.9 > METADATA_BYTES * 0.8
    is_carried(by_record({"uri": "file:///" + "a" * 8000, "accepted_at": LATEST_MS} | LARGEST), indexes)


REFUSED: list[tuple[str, Any]] = [
    ("metadata", {"a": float("nan")}),
    ("metadata", {"a": float("inf")}),
    ("metadata", {"a": -float("inf")}),
    ("metadata", {"a": 2**63}),
    ("metadata", {"a": 10**400}),
    ("metadata", {"a": "\ud800"}),
    ("metadata", {"\ud800": 1}),
    ("metadata", {"a\0": 1}),
    ("metadata", {"a": "\0"}),
    ("metadata", {"a": "x" * 5_000_000}),
    ("metadata", {"a": "x" * METADATA_BYTES}),
    ("metadata", {f"{n}": n for n in range(1001)}),
    ("metadata", {"k" * 257: 1}),
    ("metadata", {"": 1}),
    ("metadata", {"a": {"b": 1}}),
    ("metadata", {"a": None}),
    ("title", "\ud800"),
    ("title", "a\0b"),
    ("title", "x" * 1001),
    ("description", "a\0b"),
    ("language", "en" + "-aaaaaaaa" * 20),
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("field", "value"), REFUSED, ids=lambda value: ascii(value)[:30])
def test_a_refusal_names_the_field(door: str, field: str, value: Any) -> None:
    with pytest.raises((ValidationError, InvalidError)) as refused:
        DOORS[door]({field: value})
    error = refused.value
    said = str(error.errors()[0]["loc"]) if isinstance(error, ValidationError) else str(error)
    assert field in said or "JSON" in str(error), error
    assert len(str(error).encode()) < 2000  # and can be encoded at all


@pytest.mark.parametrize(
    "metadata",
    [
        *(b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1e999}', b"[" * 50_000, b'{"a":' * 50_000),
        *(
            b'{"a":' + b"9" * 5000 + b"}",
            b'{"a":"\\ud800"}',
            b'{"a":"' + b"x" * 5_000_000 + b'"}',
            b"\xff",
            b"[]",
            b"1",
        ),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_metadata_as_they_are_sent_are_refused(metadata: bytes) -> None:
    """The bytes themselves, since no client's library would write them."""
    with pytest.raises(InvalidError, match="metadata"):
        uploaded_event(URI, {"metadata": field_text("metadata", metadata)})
    with pytest.raises(InvalidError, match="metadata"):
        uploaded_event(URI, tus_fields(f"metadata {b64encode(metadata).decode()}"))
    with pytest.raises(ValidationError):
        VideoUploaded.model_validate_json(b'{"uri":"file:///a.mp4","metadata":' + metadata + b"}")
    with pytest.raises(ValidationError):
        StoredMetadata.model_validate_json(b'{"metadata":' + metadata + b"}")


@pytest.mark.parametrize("uri", ["https://[::1", "file:///a\0b", "file:///a\nb", "https://x:99999999/", "\ud800", ""])
def test_a_uri_that_is_none_is_refused(uri: str) -> None:
    for door in (by_record, by_json_body):
        with pytest.raises(ValidationError) as refused:
            door({"uri": uri})
        assert "uri" in str(refused.value.errors()[0]["loc"]) or "JSON" in str(refused.value)


def test_an_event_that_is_too_long_as_a_whole_is_refused() -> None:
    with pytest.raises(ValidationError, match="at most 262,144 fit"):
        VideoUploaded.model_validate_json(dumped({"uri": URI, "more": "x" * EVENT_BYTES}))
