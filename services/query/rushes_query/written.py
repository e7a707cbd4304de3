"""A transcript as it is sent: piece by piece, as its segments are fetched."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Literal

from rushes_query.answers import SegmentTranscript
from rushes_query.cues import Cues
from rushes_query.spoken import Paragraphs
from rushes_query.subtitles import VTT_HEAD, subrip_block, webvtt_block
from rushes_query.titles import shown_title
from rushes_query.transcripts import Parts, segment_answer, spoken_word
from rushes_schemas.events import Word
from rushes_schemas.index import VideoRecord

Format = Literal["json", "vtt", "srt", "text"]

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}

Piece = Callable[[list[Word]], str]


async def written(record: VideoRecord, parts: Parts, format: Format) -> AsyncIterator[str]:
    """The transcript in a format. Raises BlobsUnavailable."""
    if format == "json":
        async for piece in _json(record, parts):
            yield piece
        return
    begin, piece_of, end = {"vtt": _vtt, "srt": _srt, "text": _text}[format]()
    yield begin
    async for part in parts:
        # Some milliseconds for a segment, in which the event loop answers others.
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


def _text() -> tuple[str, Piece, Callable[[], str]]:
    return "", Paragraphs().take, lambda: "\n"


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


async def _json(record: VideoRecord, parts: Parts) -> AsyncIterator[str]:
    """What is known only at the end stands at the end; the fields are those of TranscriptAnswer."""
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
