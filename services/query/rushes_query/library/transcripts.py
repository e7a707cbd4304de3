"""A video's transcript, assembled from the artefacts of its segments, whole or streamed in any of the formats."""

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from rushes_query.library.serializers import shown_title
from rushes_query.library.subtitles import VTT_HEAD, Cues, subrip_block, webvtt_block
from rushes_query.library.transcript_text import Paragraphs, paragraphs
from rushes_runtime.artefacts import read
from rushes_runtime.blobs import Blobs
from rushes_schemas.api import SegmentTranscript, SpokenWord, VideoTranscript
from rushes_schemas.events import Transcript, TranscriptStatus, Word
from rushes_schemas.ids import blob_key
from rushes_schemas.index import StageEntry, VideoRecord

AHEAD = 16
"""How many artefacts are fetched concurrently, and held in memory, per request."""

Status = TranscriptStatus | Literal["pending"]


@dataclass(frozen=True)
class SegmentWords:
    """A segment's transcript; None: asr has not finished it."""

    segment: int
    transcript: Transcript | None

    @property
    def words(self) -> Sequence[Word]:
        """The words, in order of time."""
        return sorted(self.transcript.words, key=lambda word: word.start_ms) if self.transcript else ()


Parts = AsyncIterator[SegmentWords]


async def parts_of(record: VideoRecord, blobs: Blobs) -> Parts:
    """Yield the segments of a video in order, each as soon as it and the previous ones are fetched. Raises
    BlobsUnavailable; a segment whose artefact is missing counts as not finished."""
    numbers = iter(range(_count(record)))
    fetching = deque(asyncio.create_task(_fetched(record, blobs, number)) for number in islice(numbers, AHEAD))
    try:
        while fetching:
            yield await fetching.popleft()
            fetching.extend(asyncio.create_task(_fetched(record, blobs, number)) for number in islice(numbers, 1))
    finally:
        # The client may disconnect before the last segment is sent.
        for task in fetching:
            task.cancel()


async def transcript_of(record: VideoRecord, blobs: Blobs) -> VideoTranscript:
    """Return the whole transcript. Raises BlobsUnavailable."""
    parts = [part async for part in parts_of(record, blobs)]
    segments = list(map(segment_answer, parts))
    words = [word for part in parts for word in part.words]
    return VideoTranscript(
        video_id=record.video_id,
        title=shown_title(record),
        language=record.language,
        complete=bool(segments) and not any(segment.status == "pending" for segment in segments),
        segments=segments,
        words=list(map(spoken_word, words)),
        text=paragraphs(words),
    )


def version_of(record: VideoRecord) -> str:
    """Return a version that changes with the transcript. Artefacts are immutable, so their URIs are enough."""
    entries = [record.segments.get(str(number), {}).get("asr") for number in range(_count(record))]
    known = [(entry.status, entry.reason, entry.artefact_uri) if entry else None for entry in entries]
    return hashlib.sha256(repr((shown_title(record), record.language, known)).encode()).hexdigest()[:24]


async def _fetched(record: VideoRecord, blobs: Blobs, number: int) -> SegmentWords:
    entry = record.segments.get(str(number), {}).get("asr")
    if entry is None or entry.artefact_uri is None:
        return SegmentWords(number, _without_artefact(entry))
    return SegmentWords(number, await read(blobs, blob_key(entry.artefact_uri), Transcript))


def _count(record: VideoRecord) -> int:
    return record.video.segment_count if record.video else 0


def _without_artefact(entry: StageEntry | None) -> Transcript | None:
    """Return what is known of a segment without an artefact; None: asr has not finished it."""
    if entry is None or entry.status == "retrying":
        return None
    return Transcript(status="failed" if entry.status == "failed" else "no_audio", reason=entry.reason)


def spoken_word(word: Word) -> SpokenWord:
    """Return a word of the API."""
    return SpokenWord(
        start_ms=word.start_ms,
        end_ms=word.end_ms,
        text=word.text,
        probability=word.probability,
        joined=word.joined,
    )


def segment_answer(part: SegmentWords) -> SegmentTranscript:
    """Return how far a segment is transcribed."""
    transcript = part.transcript
    status: Status = transcript.status if transcript else "pending"
    return SegmentTranscript(
        segment=part.segment,
        status=status,
        reason=transcript.reason if transcript else None,
        language=transcript.language if transcript else None,
    )


Format = Literal["json", "vtt", "srt", "text"]

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}

Piece = Callable[[list[Word]], str]


async def serialized(record: VideoRecord, parts: Parts, format: Format) -> AsyncIterator[str]:
    """Yield the transcript in a format, piece by piece. Raises BlobsUnavailable."""
    if format == "json":
        async for piece in _json(record, parts):
            yield piece
        return
    begin, piece_of, end = {"vtt": _vtt, "srt": _srt, "text": _plain_text}[format]()
    yield begin
    async for part in parts:
        # A segment takes some milliseconds, which would block the event loop.
        yield await asyncio.to_thread(piece_of, list(part.words))
    yield end()


def _vtt() -> tuple[str, Piece, Callable[[], str]]:
    cues = Cues()
    return (
        VTT_HEAD,
        lambda words: "".join(map(webvtt_block, cues.take(words))),
        lambda: "".join(map(webvtt_block, cues.rest())),
    )


def _srt() -> tuple[str, Piece, Callable[[], str]]:
    cues, numbers = Cues(), _numbers()
    return (
        "",
        lambda words: "".join(subrip_block(next(numbers), cue) for cue in cues.take(words)),
        lambda: "".join(subrip_block(next(numbers), cue) for cue in cues.rest()),
    )


def _plain_text() -> tuple[str, Piece, Callable[[], str]]:
    return "", Paragraphs().take, lambda: "\n"


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


async def _json(record: VideoRecord, parts: Parts) -> AsyncIterator[str]:
    """Yield the fields of VideoTranscript; those that depend on all segments come last."""
    head = {"video_id": record.video_id, "title": shown_title(record), "language": record.language}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "words": ['
    text, segments, comma = Paragraphs(), list[SegmentTranscript](), ""
    said: list[str] = []
    async for part in parts:
        segments.append(segment_answer(part))
        said.append(text.take(part.words))
        if part.words:
            yield comma + ",".join(spoken_word(word).model_dump_json() for word in part.words)
            comma = ","
    tail = {
        "text": "".join(said),
        "complete": bool(segments) and not any(segment.status == "pending" for segment in segments),
        "segments": [segment.model_dump(mode="json") for segment in segments],
    }
    yield "], " + json.dumps(tail, ensure_ascii=False)[1:]
