"""What is stored, as it is shown: records and points to answers. Pure."""

from rushes_query.answers import SceneAnswer, SegmentAnswer, StageAnswer, VideoAnswer, VideoDetail
from rushes_query.titles import shown_title
from rushes_query.urls import media_url, thumbnail_url
from rushes_runtime.index.port import Point
from rushes_schemas.index import ScenePayload, StageEntry, VideoRecord

LAST_STAGE = "embed"
FACTS = (
    "description",
    "duration_ms",
    "width",
    "height",
    "has_audio",
    "size_bytes",
    "media_type",
    "segment_count",
)
"""What ingest finds out of a video, by the same name in `Video` and in the answer."""


def video_answer(record: VideoRecord) -> VideoAnswer:
    """A video in a list."""
    video = record.video
    return VideoAnswer(
        video_id=record.video_id,
        title=shown_title(record),
        status=record.status,
        reason=record.reason,
        filename=record.filename,
        language=record.language,
        metadata=video.metadata if video else {},
        segments_done=sum(map(_is_done, record.segments.values())),
        points=record.points,
        created_at=record.created_at,
        updated_at=record.updated_at,
        media_url=media_url(record.video_id) if video else None,
        uri=record.uri,
        provisional=record.provisional,
        **{fact: getattr(video, fact, None) for fact in FACTS},
    )


def video_detail(record: VideoRecord) -> VideoDetail:
    """A video with its ledger, the segments in order."""
    segments = sorted(record.segments.items(), key=lambda item: int(item[0]))
    return VideoDetail(
        **video_answer(record).model_dump(),
        ingest=_stage(record.ingest) if record.ingest else None,
        segments=[
            SegmentAnswer(index=int(number), stages={stage: _stage(entry) for stage, entry in stages.items()})
            for number, stages in segments
        ],
    )


def scene_answer(point: Point) -> SceneAnswer:
    """A scene in a list."""
    scene = ScenePayload.model_validate(point.payload)
    return SceneAnswer(
        id=point.id,
        segment=scene.segment,
        scene=scene.scene,
        start_ms=scene.start_ms,
        end_ms=scene.end_ms,
        continues=scene.continues,
        text=scene.text,
        fallback=scene.fallback,
        language=scene.language,
        thumbnail_url=thumbnail_url(point.id) if scene.thumbnail_uri else None,
        media_url=media_url(scene.video_id, scene.start_ms),
    )


def _is_done(stages: dict[str, StageEntry]) -> bool:
    """Only the last stage tells: one before it may have failed without hiding the segment."""
    return LAST_STAGE in stages and stages[LAST_STAGE].status in {"done", "skipped"}


def _stage(entry: StageEntry) -> StageAnswer:
    return StageAnswer(
        status=entry.status,
        reason=entry.reason,
        points=entry.points,
        at=entry.at,
        elapsed_ms=entry.elapsed_ms,
        attempts=entry.attempts,
    )
