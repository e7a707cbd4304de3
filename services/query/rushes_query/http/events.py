"""The route that tells how a video is getting on, as server-sent events."""

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from rushes_query.answers import VideoDetail
from rushes_query.errors import NotFound
from rushes_query.http.unknown import unknown_is_404
from rushes_query.progress import Progress

ALIVE_S = 15.0
"""A comment is sent where there was no news for so long, so that both sides notice when the other is gone."""


def routes(progress: Progress) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/videos", tags=["videos"], dependencies=[Depends(unknown_is_404)])

    @router.get("/{video_id}/events", response_class=StreamingResponse, responses=_STREAM)
    async def events(
        video_id: str,
        since: Annotated[
            int | None, Query(ge=0, le=2**53, description="`accepted_at` of an upload, whose end is waited for")
        ] = None,
    ) -> StreamingResponse:
        """A video's progress: its record as an event `progress`, now and whenever it changes, until no stage has
        anything left to do. With `since`, a video that is not known yet is waited for. A video that is deleted ends
        the stream with an event `deleted`."""
        news = progress.of(video_id, since)
        first = await anext(news)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_lines(first, news), headers=headers, media_type="text/event-stream")

    return router


async def _lines(first: VideoDetail | None, news: AsyncIterator[VideoDetail | None]) -> AsyncIterator[bytes]:
    yield _event(first) if first else format_sse_event(comment="waiting")
    told = time.monotonic()
    try:
        async for video in news:
            if video is None and time.monotonic() - told < ALIVE_S:
                continue
            told = time.monotonic()
            yield _event(video) if video else format_sse_event(comment="alive")
    except NotFound:
        yield format_sse_event(event="deleted", data_str="{}")


def _event(video: VideoDetail) -> bytes:
    return format_sse_event(event="progress", data_str=video.model_dump_json(), id=str(video.updated_at))


_STREAM: dict[int | str, dict[str, object]] = {
    200: {"description": "Events, each with a video as JSON", "content": {"text/event-stream": {}}}
}
