"""The ledger of a video: what a stage's report changes in its record, and which status the video then has.

All but `take_progress` is pure. A video is `indexed` only once every segment has passed every stage and the index holds
as many points as embed reported.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rushes_runtime.index.port import Filter, Index, Match
from rushes_runtime.index.scene_collections import count_searched_points
from rushes_runtime.index.video_records import find_record, put_record, records
from rushes_runtime.provisional import provisional_record, remove_provisional
from rushes_schemas.events import StageName, Video, VideoProgress, VideoUploaded
from rushes_schemas.ids import is_elsewhere, provisional_id, public_uri
from rushes_schemas.index import StageEntry, VideoRecord, VideoStatus
from rushes_schemas.stages import INDEXER, REQUIRED, up_to

Segments = dict[str, dict[str, StageEntry]]
MOST_URIS = 50
"""How many of the URIs that a video was published as are kept: the latest."""


async def take_progress(index: Index, event: VideoProgress, offset: int | None = None) -> None:
    """Write a report into the record of its video, or of the accepted URI that is no video yet.

    The reports of one id arrive in order, one at a time, except for those that are tried again. `offset` is where the
    report lies in its partition. Raises IndexUnavailable.
    """
    if is_of_provisional(event):
        await _take_provisional(index, event)
        return
    record = applied(await find_record(index, event.video_id), event, offset)
    counted = await count_searched_points(index, event.video_id) if is_complete(record) else None
    await put_record(index, with_status(record, counted))
    if event.source:
        await remove_provisional(index, event.source)


async def _take_provisional(index: Index, event: VideoProgress) -> None:
    assert event.source is not None
    record = await find_record(index, event.video_id) or provisional_record(event.source)
    if record.created_at > (event.source.accepted_at or 0) or await _is_known_since(index, event):
        return  # the URI was accepted again, or its video is known
    await put_record(index, with_status(applied(record, event), None))
    # The reports of the URI and of its video lie in different partitions, so this one may arrive after the video's.
    # The video's record is looked for before and after the write, and it is written before the URI's is removed: so
    # whichever comes last removes the URI's.
    if await _is_known_since(index, event):
        await remove_provisional(index, event.source)


async def _is_known_since(index: Index, event: VideoProgress) -> bool:
    """Whether the bytes at the URI became a video after this report."""
    assert event.source is not None
    async for record in records(index, Filter([Match("uris", [public_uri(event.source.uri)])])):
        if not record.provisional and record.ingest is not None and record.ingest.at >= event.at:
            return True
    return False


def is_of_provisional(event: VideoProgress) -> bool:
    """Whether the report is about an accepted URI whose video is not known, and not about a video."""
    return event.source is not None and event.video_id == provisional_id(event.source.uri)


def applied(record: VideoRecord | None, event: VideoProgress, offset: int | None = None) -> VideoRecord:
    """Return the record after a report, which lies at this offset of its partition.

    The same report twice changes nothing. A report that is older than the ledger's line of its segment and stage is
    ignored.
    """
    before = record or VideoRecord(
        video_id=event.video_id, status="processing", created_at=event.at, updated_at=event.at
    )
    changes = _of_video(before, event) if event.segment is None else _of_segment(before, event, offset)
    changed = before.model_copy(update=changes | {"updated_at": max(before.updated_at, event.at)})
    return changed.model_copy(update={"language": _language(changed)})


def with_status(record: VideoRecord, counted: int | None) -> VideoRecord:
    """Return the record with its status.

    `counted` is how many points of the video the index holds. If it is None, or not what embed reported, the video is
    neither `indexed` nor `degraded`.
    """
    status, reason = _status(record)
    expected = expected_points(record)
    if status in ("indexed", "degraded") and counted != expected:
        status, reason = "processing", f"the index holds {counted} of {expected} points"
    return record.model_copy(
        update={"status": status, "reason": reason, "points": counted if counted is not None else record.points}
    )


def is_complete(record: VideoRecord) -> bool:
    """Whether no stage has anything left to do, so that the points can be counted."""
    return _status(record)[0] in ("indexed", "degraded")


def expected_points(record: VideoRecord) -> int:
    """Return how many points embed reported."""
    return sum(entry.points or 0 for _, stages in _segments(record) if (entry := stages.get(INDEXER)))


def _of_video(record: VideoRecord, event: VideoProgress) -> dict[str, Any]:
    entry = _entry(record.ingest, event)
    described_by = event.video or event.source
    changes: dict[str, Any] = {"ingest": entry}
    if event.source:
        changes |= _origin(record, event.source)
    if described_by:
        changes |= {"title": described_by.title, "filename": described_by.filename}
    if event.video:
        changes["video"] = event.video
    if event.status == "done" and record.ingest and entry.recipe != record.ingest.recipe:
        changes["segments"] = {}  # another plan has other segments: their lines say nothing about these
    elif event.video and not _same_facts(event.video, record.video):
        changes["segments"] = _without_indexer(record.segments)  # the points still have the old facts
    return changes


def _origin(record: VideoRecord, source: VideoUploaded) -> dict[str, Any]:
    """Return the changes for where the video came from. An edit or a replay publishes the stored bytes: no origin."""
    if not is_elsewhere(source.uri):
        return {"uri": record.uri or source.uri}
    uri = public_uri(source.uri)
    return {"uri": uri, "uris": (*(earlier for earlier in record.uris if earlier != uri), uri)[-MOST_URIS:]}


def _same_facts(video: Video, before: Video | None) -> bool:
    """Whether nothing that a point holds has changed. That the bytes were sent again is not among it."""
    return before is not None and video == before.model_copy(
        update={"stored_at": video.stored_at, "generation": video.generation}
    )


def _without_indexer(segments: Segments) -> Segments:
    return {
        number: {stage: entry for stage, entry in stages.items() if stage != INDEXER}
        for number, stages in segments.items()
    }


def _of_segment(record: VideoRecord, event: VideoProgress, offset: int | None) -> dict[str, Any]:
    stages = record.segments.get(str(event.segment), {})
    before = stages.get(event.stage)
    if before and _is_older(event, offset, before):
        return {}
    if before and before.status == "failed" and event.status != "failed":
        stages = _without_later(stages, event.stage)  # later stages worked on the failure, and will work again
    changed = {**stages, event.stage: _entry(before, event).model_copy(update={"offset": offset})}
    return {"segments": {**record.segments, str(event.segment): changed}}


def _is_older(event: VideoProgress, offset: int | None, line: StageEntry) -> bool:
    """Whether a report is older than the ledger's line: by its time, and by the log where both offsets are known.

    A clock may have been set back, and an embedded broker counts its offsets from 0 at each start. So neither is
    trusted alone.
    """
    is_after = offset is not None and line.offset is not None and offset > line.offset
    return line.at > event.at and not is_after


def _without_later(stages: Mapping[str, StageEntry], stage: StageName) -> dict[str, StageEntry]:
    return {name: entry for name, entry in stages.items() if name in up_to(stage)}


def _entry(before: StageEntry | None, event: VideoProgress) -> StageEntry:
    same = before is not None and before.recipe == event.recipe and event.recipe is not None
    again = before is not None and before.status == "retrying" and before.at != event.at
    return StageEntry(
        status=event.status,
        reason=event.reason,
        points=event.points,
        at=event.at,
        # A stage that found its artefact took no time: keep what making it took.
        elapsed_ms=before.elapsed_ms if before and same and event.elapsed_ms is None else event.elapsed_ms,
        attempts=before.attempts + 1 if before and again else before.attempts if before and not same else 1,
        recipe=event.recipe,
        artefact_uri=event.artefact_uri,
        language=event.language,
    )


def _status(record: VideoRecord) -> tuple[VideoStatus, str | None]:
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
    if (entry := stages.get(INDEXER)) and entry.status == "done":
        return "found"
    lost = any((entry := stages.get(stage)) and entry.status == "failed" for stage in REQUIRED)
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
    """Return the publisher's language, or that of most segments with speech. The first by name wins a tie."""
    if record.video and record.video.language:
        return record.video.language
    heard = Counter(entry.language for _, stages in _segments(record) for entry in stages.values() if entry.language)
    return max(sorted(heard), key=lambda language: heard[language], default=None)
