"""The topics: who publishes them, who reads them, what one record is."""

from dataclasses import dataclass

from rushes_schemas.events import (
    Event,
    ScenesDetected,
    SegmentPlanned,
    SegmentRecalled,
    SegmentTranscribed,
    VideoDeleted,
    VideoProgress,
    VideoUploaded,
)

SERVICES = ("ingest", "asr", "scenes", "embed", "catalog")
"""The consumers, each with a group `rushes-<service>` and topics `<service>-retry` and `<service>-dlq`."""


@dataclass(frozen=True)
class Topic:
    """A topic of typed events. `key` says in words what `Event.key` returns."""

    name: str
    event: type[Event]
    key: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    version: int = 1


VIDEO_UPLOADED = Topic("video-uploaded", VideoUploaded, "uri", ("any client", "ingest", "catalog"), ("ingest",))
SEGMENT_PLANNED = Topic("segment-planned", SegmentPlanned, "video_id:segment", ("ingest", "catalog"), ("asr",))
SEGMENT_TRANSCRIBED = Topic(
    "segment-transcribed", SegmentTranscribed, "video_id:segment", ("asr", "catalog"), ("scenes",)
)
SCENES_DETECTED = Topic("scenes-detected", ScenesDetected, "video_id:segment", ("scenes",), ("embed",))
VIDEO_PROGRESS = Topic("video-progress", VideoProgress, "video_id", ("ingest", "asr", "scenes", "embed"), ("catalog",))
SEGMENT_RECALLED = Topic("segment-recalled", SegmentRecalled, "video_id:segment", ("catalog",), ("embed",))
VIDEO_DELETED = Topic("video-deleted", VideoDeleted, "video_id", ("any client", "ingest"), ("catalog",))

TOPICS = (
    VIDEO_UPLOADED,
    SEGMENT_PLANNED,
    SEGMENT_TRANSCRIBED,
    SCENES_DETECTED,
    VIDEO_PROGRESS,
    VIDEO_DELETED,
    SEGMENT_RECALLED,
)


def group(service: str) -> str:
    """The consumer group of a service."""
    return f"rushes-{service}"


def retry_group(service: str) -> str:
    """The consumer group of a service's retry scheduler."""
    return group(service) + "-retry"


def retry_topic(service: str) -> str:
    """Where a service puts what it could not do yet."""
    return f"{service}-retry"


def dead_letter_topic(service: str) -> str:
    """Where a service puts what it can't do at all."""
    return f"{service}-dlq"


def all_topic_names() -> tuple[str, ...]:
    """Every topic that an installation needs."""
    own = (name for service in SERVICES for name in (retry_topic(service), dead_letter_topic(service)))
    return (*(topic.name for topic in TOPICS), *own)
