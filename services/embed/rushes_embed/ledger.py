"""The ledger of a video: what its record says after an event, and how the video stands. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from rushes_schemas.events import StageName, Video, VideoProgress, VideoUploaded
from rushes_schemas.ids import is_elsewhere, provisional_id, public_uri
from rushes_schemas.index import StageEntry, VideoRecord, VideoStatus

Segments = dict[str, dict[str, StageEntry]]
STAGES: tuple[StageName, ...] = get_args(StageName)
"""In the order in which a segment passes them."""
MOST_URIS = 50
"""So many URIs that a video was published as are kept, the latest."""


def applied(record: VideoRecord | None, event: VideoProgress) -> VideoRecord:
    """The record after an event. The same event twice changes nothing; one that is older than what the ledger has of
    that segment and stage is ignored."""
    known = record or VideoRecord(
        video_id=event.video_id, status="processing", created_at=event.at, updated_at=event.at
    )
    changes = _of_video(known, event) if event.segment is None else _of_segment(known, event)
    changed = known.model_copy(update=changes | {"updated_at": max(known.updated_at, event.at)})
    return changed.model_copy(update={"language": _language(changed)})


def standing(record: VideoRecord, counted: int | None) -> VideoRecord:
    """The record with its status. `counted` is how many points the index holds of the video; without it, or where it
    is not what the stages said, no video is `indexed` or `degraded`."""
    status, reason = _standing(record)
    expected = expected_points(record)
    if status in ("indexed", "degraded") and counted != expected:
        status, reason = "processing", f"the index holds {counted} of {expected} points"
    return record.model_copy(
        update={"status": status, "reason": reason, "points": counted if counted is not None else record.points}
    )


def is_complete(record: VideoRecord) -> bool:
    """Whether no stage has anything left to do, so that the points can be counted."""
    return _standing(record)[0] in ("indexed", "degraded")


def expected_points(record: VideoRecord) -> int:
    """How many points embed said that it made."""
    return sum(entry.points or 0 for _, stages in _segments(record) if (entry := stages.get("embed")))


def _of_video(record: VideoRecord, event: VideoProgress) -> dict[str, Any]:
    entry = _entry(record.ingest, event)
    told = event.video or event.source
    changes: dict[str, Any] = {"ingest": entry}
    if event.source:
        changes |= _origin(record, event.source)
    if told:
        changes |= {"title": told.title, "filename": told.filename}
    if event.video:
        changes["video"] = event.video
    if event.status == "done" and record.ingest and entry.recipe != record.ingest.recipe:
        changes["segments"] = {}  # planned anew: what was said of the old segments says nothing now
    elif event.video and not _same_facts(event.video, record.video):
        changes["segments"] = _without_embed(record.segments)  # its points still tell the old facts
    return changes


def _origin(record: VideoRecord, source: VideoUploaded) -> dict[str, Any]:
    """Where the video came from. That its stored bytes were published again (an edit, a replay) is no other origin."""
    if not is_elsewhere(source.uri):
        return {"uri": record.uri or source.uri}
    uri = public_uri(source.uri)
    return {"uri": uri, "uris": (*(known for known in record.uris if known != uri), uri)[-MOST_URIS:]}


def is_of_provisional(event: VideoProgress) -> bool:
    """Whether the event speaks of an accepted URI whose video is not known, and not of a video."""
    return event.source is not None and event.video_id == provisional_id(event.source.uri)


def _same_facts(video: Video, before: Video | None) -> bool:
    """Whether nothing has changed that a point tells. That the bytes were sent once more is none of it."""
    return before is not None and video == before.model_copy(
        update={"stored_at": video.stored_at, "generation": video.generation}
    )


def _without_embed(segments: Segments) -> Segments:
    return {
        number: {stage: entry for stage, entry in stages.items() if stage != "embed"}
        for number, stages in segments.items()
    }


def _of_segment(record: VideoRecord, event: VideoProgress) -> dict[str, Any]:
    stages = record.segments.get(str(event.segment), {})
    before = stages.get(event.stage)
    if before and before.at > event.at:
        return {}
    if before and before.status == "failed" and event.status != "failed":
        stages = _without_later(stages, event.stage)  # what they made of the failure is about to be made anew
    changed = {**stages, event.stage: _entry(before, event)}
    return {"segments": {**record.segments, str(event.segment): changed}}


def _without_later(stages: Mapping[str, StageEntry], stage: StageName) -> dict[str, StageEntry]:
    earlier = STAGES[: STAGES.index(stage) + 1]
    return {name: entry for name, entry in stages.items() if name in earlier}


def _entry(before: StageEntry | None, event: VideoProgress) -> StageEntry:
    same = before is not None and before.recipe == event.recipe and event.recipe is not None
    again = before is not None and before.status == "retrying" and before.at != event.at
    return StageEntry(
        status=event.status,
        reason=event.reason,
        points=event.points,
        at=event.at,
        elapsed_ms=before.elapsed_ms if before and same and event.elapsed_ms is None else event.elapsed_ms,
        attempts=before.attempts + 1 if before and again else before.attempts if before and not same else 1,
        recipe=event.recipe,
        artefact_uri=event.artefact_uri,
        language=event.language,
    )


def _standing(record: VideoRecord) -> tuple[VideoStatus, str | None]:
    if record.ingest and record.ingest.status == "failed":
        return "failed", record.ingest.reason
    if record.video is None:
        return "processing", None
    outcomes = [_outcome(stages) for _, stages in _segments(record)]
    if "open" in outcomes:
        return "processing", None
    reasons = ", ".join(dict.fromkeys(_reasons(record)))
    if all(outcome == "lost" for outcome in outcomes):
        return "failed", reasons
    return ("degraded", reasons) if reasons else ("indexed", None)


def _outcome(stages: Mapping[str, StageEntry]) -> str:
    if (embed := stages.get("embed")) and embed.status == "done":
        return "found"
    lost = any((entry := stages.get(stage)) and entry.status == "failed" for stage in ("scenes", "embed"))
    return "lost" if lost else "open"


def _reasons(record: VideoRecord) -> Iterator[str]:
    for number, stages in _segments(record):
        for stage, entry in stages.items():
            if entry.status == "failed":
                yield f"segment {number}, {stage}: {entry.reason}"


def _segments(record: VideoRecord) -> Iterator[tuple[int, Mapping[str, StageEntry]]]:
    count = record.video.segment_count if record.video else 0
    return ((number, record.segments.get(str(number), {})) for number in range(count))


def _language(record: VideoRecord) -> str | None:
    """The publisher's, or the one that most segments with speech are in."""
    if record.video and record.video.language:
        return record.video.language
    heard = Counter(entry.language for _, stages in _segments(record) if (entry := stages.get("asr")))
    del heard[None]
    return max(sorted(filter(None, heard)), key=lambda language: heard[language], default=None)
