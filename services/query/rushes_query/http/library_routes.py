"""Routes for videos, their scenes, transcripts and progress."""

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import format_sse_event

from rushes_query.http.responses import has_it, not_found_is_404
from rushes_query.index_reader import UnknownId
from rushes_query.library.transcripts import MEDIA_TYPES, Format, serialized, version_of
from rushes_query.library.videos import Library
from rushes_query.library.watch import ProgressWatch
from rushes_query.search.request import DEFAULT_LIMIT, Limit, QueryText
from rushes_schemas.api import ScenesPage, TranscriptMatches, VideoDetail, VideosPage, VideoTranscript
from rushes_schemas.index import VideoStatus


def routes(library: Library) -> APIRouter:
    """Return the routes of videos and transcripts."""
    router = APIRouter(prefix="/v1/videos", tags=["videos"], dependencies=[Depends(not_found_is_404)])

    @router.get("")
    async def videos(
        limit: Annotated[Limit, Query()] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before")] = None,
        uri: Annotated[
            str | None, Query(min_length=1, max_length=8192, description="Only videos that were published as this URI")
        ] = None,
        status: Annotated[VideoStatus | None, Query(description="Only videos that stand so")] = None,
    ) -> VideosPage:
        """List videos, page by page. Accepted URIs that are not fetched yet are included, `provisional`."""
        return await library.videos(limit, cursor, uri, status)

    @router.get("/{video_id}")
    async def video(video_id: str) -> VideoDetail:
        """Return a video: its facts, its status, and its ledger."""
        return await library.video(video_id)

    @router.get("/{video_id}/scenes")
    async def scenes(video_id: str) -> ScenesPage:
        """Return a video's scenes, in order of time."""
        return await library.scenes(video_id)

    @router.get("/{video_id}/transcript", response_model=VideoTranscript, responses=_TEXTS)
    async def transcript(
        video_id: str, request: Request, format: Annotated[Format, Query()] = "json"
    ) -> VideoTranscript | Response:
        """Return the transcript: as words with times, as subtitles, or as plain text."""
        record, parts = await library.transcript_parts(video_id)
        headers = {"ETag": f'W/"{version_of(record)}-{format}"', "Cache-Control": "private, no-cache"}
        if has_it(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        if format not in SHOWN:
            headers["Content-Disposition"] = f'attachment; filename="{record.video_id}.{format}"'
        pieces = await begun(serialized(record, parts, format))
        return StreamingResponse(pieces, headers=headers, media_type=MEDIA_TYPES[format])

    @router.get("/{video_id}/transcript/search")
    async def said(
        video_id: str,
        q: Annotated[
            QueryText, Query(description="Words that are said one after the other, in the video's own language")
        ],
        limit: Annotated[Limit, Query()] = DEFAULT_LIMIT,
    ) -> TranscriptMatches:
        """Find words in one transcript, in order of time. To search by meaning or by pictures, use `/v1/search` with
        this `video_id`."""
        return await library.find_phrase(video_id, q, limit)

    return router


SHOWN = ("json", "text")
"""Formats that a browser displays; the others are downloads for players."""

_TEXTS: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/vtt": {}, "application/x-subrip": {}, "text/plain": {}}},
    304: {"description": "The transcript that the client has, by its ETag"},
}


async def begun(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """Return the same pieces after the first two are computed, so that an error of the blob store is found before the
    status is sent."""
    first = [piece async for piece in _some(pieces, 2)]

    async def all_of_them() -> AsyncIterator[str]:
        for piece in first:
            yield piece
        async for piece in pieces:
            yield piece

    return all_of_them()


async def _some(pieces: AsyncIterator[str], count: int) -> AsyncIterator[str]:
    for _ in range(count):
        try:
            yield await anext(pieces)
        except StopAsyncIteration:
            return


ALIVE_S = 15.0
"""A comment is sent after so many seconds without a change, so that both sides notice a broken connection."""


def event_routes(progress: ProgressWatch) -> APIRouter:
    """Return the route of a video's progress."""
    router = APIRouter(prefix="/v1/videos", tags=["videos"], dependencies=[Depends(not_found_is_404)])

    @router.get("/{video_id}/events", response_class=StreamingResponse, responses=_STREAM)
    async def events(
        video_id: str,
        since: Annotated[
            int | None, Query(ge=0, le=2**53, description="`accepted_at` of an upload, whose end is waited for")
        ] = None,
    ) -> StreamingResponse:
        """Stream a video's progress: its record as an event `progress`, now and at each change, until no stage has
        anything left to do. With `since`, waits for a video that has no record yet. A video that is deleted ends the
        stream with an event `deleted`."""
        news = progress.of(video_id, since)
        # The first poll precedes the response, so that an unknown id is a 404 and not an empty stream.
        first = await anext(news)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would buffer the stream
        return StreamingResponse(_lines(first, news), headers=headers, media_type="text/event-stream")

    return router


async def _lines(first: VideoDetail | None, news: AsyncIterator[VideoDetail | None]) -> AsyncIterator[bytes]:
    yield _event(first) if first else format_sse_event(comment="waiting")
    last_event = time.monotonic()
    try:
        async for video in news:
            if video is None and time.monotonic() - last_event < ALIVE_S:
                continue
            last_event = time.monotonic()
            yield _event(video) if video else format_sse_event(comment="alive")
    except UnknownId:
        yield format_sse_event(event="deleted", data_str="{}")


def _event(video: VideoDetail) -> bytes:
    return format_sse_event(event="progress", data_str=video.model_dump_json(), id=str(video.updated_at))


_STREAM: dict[int | str, dict[str, object]] = {
    200: {"description": "Events, each with a video as JSON", "content": {"text/event-stream": {}}}
}
