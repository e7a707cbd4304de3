"""A video's transcript, put together from its segments' artefacts, which the ledger names."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from rushes_query.answers import SegmentTranscript, SpokenWord, TranscriptAnswer
from rushes_query.spoken import paragraphs
from rushes_query.titles import shown_title
from rushes_runtime.artefacts import read
from rushes_runtime.blobs import Blobs
from rushes_schemas.events import Transcript, TranscriptStatus, Word
from rushes_schemas.ids import blob_key
from rushes_schemas.index import StageEntry, VideoRecord

AHEAD = 16
"""Artefacts that are fetched at the same time; no more segments than this are in memory at once."""

Status = TranscriptStatus | Literal["pending"]


@dataclass(frozen=True)
class Part:
    """A segment's transcript, its words in order of time; None: asr is not done with it."""

    segment: int
    transcript: Transcript | None

    @property
    def words(self) -> Sequence[Word]:
        """What is said in it, as far as it is known."""
        return sorted(self.transcript.words, key=lambda word: word.start_ms) if self.transcript else ()


Parts = AsyncIterator[Part]


async def parts_of(record: VideoRecord, blobs: Blobs) -> Parts:
    """A video's segments, in order, each as soon as it and those before it are fetched. Raises BlobsUnavailable; a
    missing artefact is a segment that is not done."""
    numbers = iter(range(_count(record)))
    fetching = deque(asyncio.create_task(_fetched(record, blobs, number)) for number in islice(numbers, AHEAD))
    try:
        while fetching:
            yield await fetching.popleft()
            fetching.extend(asyncio.create_task(_fetched(record, blobs, number)) for number in islice(numbers, 1))
    finally:
        for task in fetching:
            task.cancel()


async def transcript_of(record: VideoRecord, blobs: Blobs) -> TranscriptAnswer:
    """The whole transcript in memory. Raises BlobsUnavailable."""
    parts = [part async for part in parts_of(record, blobs)]
    segments = list(map(segment_answer, parts))
    words = [word for part in parts for word in part.words]
    return TranscriptAnswer(
        video_id=record.video_id,
        title=shown_title(record),
        language=record.language,
        complete=bool(segments) and not any(segment.status == "pending" for segment in segments),
        segments=segments,
        words=list(map(spoken_word, words)),
        text=paragraphs(words),
    )


def version_of(record: VideoRecord) -> str:
    """A word that differs where the transcript may differ. An artefact never changes, so their names tell."""
    entries = [record.segments.get(str(number), {}).get("asr") for number in range(_count(record))]
    known = [(entry.status, entry.reason, entry.artefact_uri) if entry else None for entry in entries]
    return hashlib.sha256(repr((shown_title(record), record.language, known)).encode()).hexdigest()[:24]


async def _fetched(record: VideoRecord, blobs: Blobs, number: int) -> Part:
    entry = record.segments.get(str(number), {}).get("asr")
    if entry is None or entry.artefact_uri is None:
        return Part(number, _without_artefact(entry))
    return Part(number, await read(blobs, blob_key(entry.artefact_uri), Transcript))


def _count(record: VideoRecord) -> int:
    return record.video.segment_count if record.video else 0


def _without_artefact(entry: StageEntry | None) -> Transcript | None:
    """What is known of a segment for which there is nothing to fetch; None: asr is not done with it."""
    if entry is None or entry.status == "retrying":
        return None
    return Transcript(status="failed" if entry.status == "failed" else "no_audio", reason=entry.reason)


def spoken_word(word: Word) -> SpokenWord:
    """A word as it is shown."""
    return SpokenWord(
        start_ms=word.start_ms,
        end_ms=word.end_ms,
        text=word.text,
        probability=word.probability,
        joined=word.joined,
    )


def segment_answer(part: Part) -> SegmentTranscript:
    """How far a segment is, as it is shown."""
    transcript = part.transcript
    status: Status = transcript.status if transcript else "pending"
    return SegmentTranscript(
        segment=part.segment,
        status=status,
        reason=transcript.reason if transcript else None,
        language=transcript.language if transcript else None,
    )
