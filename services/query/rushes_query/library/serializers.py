"""Records and points into models of the API, with the titles that answers contain. Pure."""

from rushes_runtime.index.port import Point
from rushes_schemas.api import Scene, SegmentStatus, StageStatus, Video, VideoDetail, media_url, thumbnail_url
from rushes_schemas.index import UNTITLED, ScenePayload, StageEntry, VideoRecord


def shown_title(record: VideoRecord | None, title: str | None = None) -> str:
    """Return the published title, else the file's name, else "untitled video"; for a video that is not fetched yet its
    URI. `title` is used where the record has none."""
    if record is None:
        return title or UNTITLED
    return record.title or title or record.filename or (record.uri if record.provisional else None) or UNTITLED


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
"""Facts that have the same name in `events.Video` and `api.Video`."""


def video_answer(record: VideoRecord) -> Video:
    """Return a video as lists have it."""
    video = record.video
    return Video(
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
    """Return a video with its ledger, the segments in order."""
    # Segment numbers are texts in the record: "10" must not precede "2".
    segments = sorted(record.segments.items(), key=lambda item: int(item[0]))
    return VideoDetail(
        **video_answer(record).model_dump(),
        ingest=_stage(record.ingest) if record.ingest else None,
        segments=[
            SegmentStatus(index=int(number), stages={stage: _stage(entry) for stage, entry in stages.items()})
            for number, stages in segments
        ],
    )


def scene_answer(point: Point) -> Scene:
    """Return a scene as lists have it."""
    scene = ScenePayload.model_validate(point.payload)
    return Scene(
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
    """Whether all stages are done with a segment. An earlier stage may have failed without hiding the segment, so the
    last one decides."""
    return LAST_STAGE in stages and stages[LAST_STAGE].status in {"done", "skipped"}


def _stage(entry: StageEntry) -> StageStatus:
    return StageStatus(
        status=entry.status,
        reason=entry.reason,
        points=entry.points,
        at=entry.at,
        elapsed_ms=entry.elapsed_ms,
        attempts=entry.attempts,
    )
