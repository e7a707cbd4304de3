"""A video's transcript, put together from its segments' artefacts, which the ledger names."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rushes_query.answers import SegmentTranscript, SpokenWord, TranscriptAnswer
from rushes_query.spoken import paragraphs
from rushes_query.titles import shown_title
from rushes_runtime.artefacts import read
from rushes_runtime.blobs import Blobs
from rushes_schemas.events import Transcript, TranscriptStatus, Word
from rushes_schemas.ids import blob_key
from rushes_schemas.index import StageEntry, VideoRecord

AT_ONCE = 16
"""Artefacts that are fetched at the same time."""

Status = TranscriptStatus | Literal["pending"]


@dataclass(frozen=True)
class VideoTranscript:
    """What is said in a video as far as it is known: its words in order of time, and how far each segment is."""

    record: VideoRecord
    segments: Sequence[SegmentTranscript]
    words: Sequence[Word]

    def answer(self) -> TranscriptAnswer:
        """As it is shown."""
        pending = any(segment.status == "pending" for segment in self.segments)
        return TranscriptAnswer(
            video_id=self.record.video_id,
            title=shown_title(self.record),
            language=self.record.language,
            complete=bool(self.segments) and not pending,
            segments=list(self.segments),
            words=[_spoken(word) for word in self.words],
            text=paragraphs(self.words),
        )


async def transcript_of(record: VideoRecord, blobs: Blobs) -> VideoTranscript:
    """Fetch and join the segments' transcripts. Raises BlobsUnavailable; a missing artefact is a pending segment."""
    numbers = range(record.video.segment_count if record.video else 0)
    slots = asyncio.Semaphore(AT_ONCE)

    async def fetched(number: int) -> Transcript | None:
        entry = record.segments.get(str(number), {}).get("asr")
        if entry is None or entry.artefact_uri is None:
            return _without_artefact(entry)
        async with slots:
            return await read(blobs, blob_key(entry.artefact_uri), Transcript)

    found = await asyncio.gather(*map(fetched, numbers))
    words = [word for part in found if part for word in part.words]
    return VideoTranscript(
        record,
        [_segment(number, part) for number, part in zip(numbers, found, strict=True)],
        sorted(words, key=lambda word: word.start_ms),
    )


def _without_artefact(entry: StageEntry | None) -> Transcript | None:
    """What is known of a segment for which there is nothing to fetch; None: asr is not done with it."""
    if entry is None or entry.status == "retrying":
        return None
    return Transcript(status="failed" if entry.status == "failed" else "no_audio", reason=entry.reason)


def _spoken(word: Word) -> SpokenWord:
    return SpokenWord(
        start_ms=word.start_ms,
        end_ms=word.end_ms,
        text=word.text,
        probability=word.probability,
        joined=word.joined,
    )


def _segment(number: int, transcript: Transcript | None) -> SegmentTranscript:
    status: Status = transcript.status if transcript else "pending"
    return SegmentTranscript(
        segment=number,
        status=status,
        reason=transcript.reason if transcript else None,
        language=transcript.language if transcript else None,
    )
