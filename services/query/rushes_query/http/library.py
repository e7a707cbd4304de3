"""Routes that show videos, scenes and transcripts."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from rushes_query.answers import MatchesAnswer, ScenesAnswer, TranscriptAnswer, VideoDetail, VideosAnswer
from rushes_query.ask import DEFAULT_LIMIT, Limit, Words
from rushes_query.http.known import has_it
from rushes_query.http.unknown import unknown_is_404
from rushes_query.library import Library
from rushes_query.transcripts import version_of
from rushes_query.written import MEDIA_TYPES, Format, written
from rushes_schemas.index import VideoStatus


def routes(library: Library) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/videos", tags=["videos"], dependencies=[Depends(unknown_is_404)])

    @router.get("")
    async def videos(
        limit: Annotated[Limit, Query()] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before")] = None,
        uri: Annotated[
            str | None, Query(min_length=1, max_length=8192, description="Only videos that were published as this URI")
        ] = None,
        status: Annotated[VideoStatus | None, Query(description="Only videos that stand so")] = None,
    ) -> VideosAnswer:
        """All videos, page by page; among them, `provisional`, the accepted URIs that are not fetched yet."""
        return await library.videos(limit, cursor, uri, status)

    @router.get("/{video_id}")
    async def video(video_id: str) -> VideoDetail:
        """One video: its facts, its status, and its ledger."""
        return await library.video(video_id)

    @router.get("/{video_id}/scenes")
    async def scenes(video_id: str) -> ScenesAnswer:
        """A video's scenes, in order of time."""
        return await library.scenes(video_id)

    @router.get("/{video_id}/transcript", response_model=TranscriptAnswer, responses=_TEXTS)
    async def transcript(
        video_id: str, request: Request, format: Annotated[Format, Query()] = "json"
    ) -> TranscriptAnswer | Response:
        """What is said in a video: as words with times, as subtitles, or as plain text."""
        record, parts = await library.spoken(video_id)
        headers = {"ETag": f'W/"{version_of(record)}-{format}"', "Cache-Control": "private, no-cache"}
        if has_it(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        if format not in SHOWN:
            headers["Content-Disposition"] = f'attachment; filename="{record.video_id}.{format}"'
        pieces = await begun(written(record, parts, format))
        return StreamingResponse(pieces, headers=headers, media_type=MEDIA_TYPES[format])

    @router.get("/{video_id}/transcript/search")
    async def said(
        video_id: str,
        q: Annotated[Words, Query(description="Words that are said one after the other, in the video's own language")],
        limit: Annotated[Limit, Query()] = DEFAULT_LIMIT,
    ) -> MatchesAnswer:
        """Where something is said in one video: the words themselves, in order of time. For what is meant or seen,
        `/v1/search` with this `video_id`."""
        return await library.said(video_id, q, limit)

    return router


SHOWN = ("json", "text")
"""Formats that a browser shows; the others are files for players."""

_TEXTS: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/vtt": {}, "application/x-subrip": {}, "text/plain": {}}},
    304: {"description": "The transcript that the client has, by its ETag"},
}


async def begun(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """The same pieces, the first two of them made: what is wrong with the blob store is found before the status is
    sent."""
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
