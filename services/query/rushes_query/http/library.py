"""Routes that show videos, scenes and transcripts."""

import asyncio
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import PlainTextResponse, Response

from rushes_query.answers import ScenesAnswer, TranscriptAnswer, VideoDetail, VideosAnswer
from rushes_query.ask import DEFAULT_LIMIT, Limit
from rushes_query.cues import cues
from rushes_query.http.unknown import unknown_is_404
from rushes_query.library import Library
from rushes_query.spoken import paragraphs
from rushes_query.subtitles import subrip, webvtt
from rushes_query.transcripts import VideoTranscript

Format = Literal["json", "vtt", "srt", "text"]


def routes(library: Library) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/videos", tags=["videos"], dependencies=[Depends(unknown_is_404)])

    @router.get("")
    async def videos(
        limit: Annotated[Limit, Query()] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before")] = None,
    ) -> VideosAnswer:
        """All videos, page by page."""
        return await library.videos(limit, cursor)

    @router.get("/{video_id}")
    async def video(video_id: str) -> VideoDetail:
        """One video: its facts, its status, and its ledger."""
        return await library.video(video_id)

    @router.get("/{video_id}/scenes")
    async def scenes(video_id: str) -> ScenesAnswer:
        """A video's scenes, in order of time."""
        return await library.scenes(video_id)

    @router.get("/{video_id}/transcript", response_model=TranscriptAnswer, responses=_TEXTS)
    async def transcript(video_id: str, format: Annotated[Format, Query()] = "json") -> TranscriptAnswer | Response:
        """What is said in a video: as words with times, as subtitles, or as plain text."""
        found = await library.transcript(video_id)
        # Some tenths of a second for a long film, in which the event loop answers others.
        return await asyncio.to_thread(found.answer if format == "json" else partial(_written, found, format))

    return router


_TEXTS: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/vtt": {}, "application/x-subrip": {}, "text/plain": {}}}
}


def _written(transcript: VideoTranscript, format: Format) -> Response:
    if format == "vtt":
        return Response(webvtt(cues(transcript.words)), media_type="text/vtt; charset=utf-8")
    if format == "srt":
        return Response(subrip(cues(transcript.words)), media_type="application/x-subrip; charset=utf-8")
    return PlainTextResponse(f"{paragraphs(transcript.words)}\n")
