"""What the events promise beside their shape: keys, subjects, kept fields, refused values."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rushes_schemas.events import (
    ScenesDetected,
    SegmentPlanned,
    SegmentTranscribed,
    Transcript,
    VideoProgress,
    VideoUploaded,
    extended,
)
from rushes_schemas.topics import SERVICES, TOPICS, all_topic_names, dead_letter_topic, group, retry_topic

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
VIDEO = "76fa1154-3009-525a-8157-976ecef8cd86"

KEYS = {
    "video-uploaded": "s3://footage/2026/cabinet.mp4",
    "segment-planned": f"{VIDEO}:1",
    "segment-transcribed": f"{VIDEO}:1",
    "scenes-detected": f"{VIDEO}:1",
    "video-progress": VIDEO,
    "video-deleted": VIDEO,
    "segment-recalled": f"{VIDEO}:3",
}
SUBJECTS: dict[str, dict[str, Any]] = {
    "video-uploaded": {"uri": "s3://footage/2026/cabinet.mp4"},
    "segment-planned": {"video_id": VIDEO, "segment": 1},
    "segment-transcribed": {"video_id": VIDEO, "segment": 1},
    "scenes-detected": {"video_id": VIDEO, "segment": 1},
    "video-progress": {"video_id": VIDEO, "segment": 1},
    "video-deleted": {"video_id": VIDEO},
    "segment-recalled": {"video_id": VIDEO, "segment": 3},
}


def example(topic: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((EXAMPLES / topic / "full.json").read_bytes())
    return value


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_record_is_keyed_by_what_its_topic_says(topic: Any) -> None:
    assert topic.event.model_validate(example(topic.name)).key() == KEYS[topic.name]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_log_lines_name_the_video_and_the_segment(topic: Any) -> None:
    assert topic.event.model_validate(example(topic.name)).subject() == SUBJECTS[topic.name]


def test_the_next_event_carries_unknown_fields_on_at_every_depth() -> None:
    value = example("segment-planned") | {"trace": "kept"}
    value["video"]["camera_serial"] = 7
    value["segment"]["mood"] = ["blue"]
    planned = SegmentPlanned.model_validate(value)

    transcribed = extended(planned, SegmentTranscribed, transcript=Transcript(status="no_speech"))
    detected = extended(transcribed, ScenesDetected, scenes=(), scenes_recipe="r")

    said = json.loads(detected.model_dump_json())
    assert said["trace"] == "kept"
    assert said["video"]["camera_serial"] == 7
    assert said["segment"]["mood"] == ["blue"]
    assert said["transcript"]["status"] == "no_speech"
    assert {name: said[name] for name in ("video", "segment")} == {
        name: json.loads(planned.model_dump_json())[name] for name in ("video", "segment")
    }


def test_a_stage_wins_over_an_unknown_field_of_its_name() -> None:
    planned = SegmentPlanned.model_validate(example("segment-planned") | {"transcript": "somebody's"})
    transcript = Transcript(status="no_audio")
    assert extended(planned, SegmentTranscribed, transcript=transcript).transcript == transcript


def test_an_event_can_not_be_changed() -> None:
    event = VideoUploaded(uri="file:///a.mp4")
    with pytest.raises(ValidationError, match="frozen"):
        event.uri = "file:///b.mp4"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uri": ""}, "uri"),
        ({"uri": "x" * 8193}, "uri"),
        ({"language": "English"}, "language"),
        ({"metadata": {"nested": {"a": 1}}}, "metadata"),
        ({"title": "t" * 1001}, "title"),
    ],
)
def test_an_upload_that_is_out_of_bounds_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        VideoUploaded.model_validate(example("video-uploaded") | change)
    assert {error["loc"][0] for error in refused.value.errors()} == {field}


@pytest.mark.parametrize(
    "change",
    [{"video_id": VIDEO.upper()}, {"stage": "query"}, {"status": "lost"}, {"at": -1}, {"segment": -1}, {"points": -1}],
    ids=str,
)
def test_progress_that_is_out_of_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        VideoProgress.model_validate(example("video-progress") | change)
    assert {error["loc"][0] for error in refused.value.errors()} == set(change)


def test_topics_and_groups_keep_their_public_names() -> None:
    assert all_topic_names() == (
        *("video-uploaded", "segment-planned", "segment-transcribed", "scenes-detected"),
        *("video-progress", "video-deleted", "segment-recalled"),
        *("ingest-retry", "ingest-dlq", "asr-retry", "asr-dlq", "scenes-retry", "scenes-dlq"),
        *("embed-retry", "embed-dlq", "catalog-retry", "catalog-dlq"),
    )
    assert (group("asr"), retry_topic("asr"), dead_letter_topic("asr")) == ("rushes-asr", "asr-retry", "asr-dlq")


def test_every_consumer_of_a_topic_is_a_service() -> None:
    assert {consumer for topic in TOPICS for consumer in topic.consumers} == set(SERVICES)
