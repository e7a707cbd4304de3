"""The topics: who publishes them, who reads them, what one record is."""

from dataclasses import dataclass

from rushes_schemas.events import (
    Event,
    ScenesDetected,
    SegmentPlanned,
    SegmentRecalled,
    SegmentTranscribed,
    StageName,
    VideoDeleted,
    VideoProgress,
    VideoUploaded,
)
from rushes_schemas.stages import CATALOG, INDEXER, STAGE_NAMES, consumers_of, producers_of, spec_of

SERVICES: tuple[str, ...] = (*STAGE_NAMES, CATALOG)
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


def _between_stages(name: str, event: type[Event], key: str, *others: str) -> Topic:
    """A topic that a stage consumes. `others` publish to it besides the stage before and the catalog."""
    return Topic(name, event, key, (*others, *producers_of(name)), consumers_of(name))


VIDEO_UPLOADED = _between_stages("video-uploaded", VideoUploaded, "uri", "any client", "ingest")
SEGMENT_PLANNED = _between_stages("segment-planned", SegmentPlanned, "video_id:segment")
SEGMENT_TRANSCRIBED = _between_stages("segment-transcribed", SegmentTranscribed, "video_id:segment")
SCENES_DETECTED = _between_stages("scenes-detected", ScenesDetected, "video_id:segment")
VIDEO_PROGRESS = Topic("video-progress", VideoProgress, "video_id", STAGE_NAMES, (CATALOG,))
SEGMENT_RECALLED = Topic("segment-recalled", SegmentRecalled, "video_id:segment", (CATALOG,), (INDEXER,))
VIDEO_DELETED = Topic("video-deleted", VideoDeleted, "video_id", ("any client", "ingest"), (CATALOG,))

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


def consumed_by(stage: StageName) -> Topic:
    """The topic that a stage consumes."""
    return next(topic for topic in TOPICS if topic.name == spec_of(stage).consumes)
