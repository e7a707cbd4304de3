"""A video's progress, polled from its record in the index: the query service subscribes to no topic."""

import asyncio
from collections.abc import AsyncIterator

from rushes_query.index_reader import IndexReader, UnknownId
from rushes_query.library.serializers import video_detail
from rushes_runtime.errors import TransientError
from rushes_schemas.api import VideoDetail

POLL_S = 0.5
"""Interval at which the record is polled, in seconds."""


class ProgressWatch:
    """Polls the records of videos."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader

    async def of(self, video_id: str, since: int | None) -> AsyncIterator[VideoDetail | None]:
        """Yield the video, and again whenever its record changes, until no stage has anything left to do; None after
        each poll without a change.

        `since`: when an upload was accepted, in ms since the Unix epoch. The stream then waits for a video that has no
        record yet, and does not end by a record that is older. Raises UnknownId for an unknown or deleted video, and
        what the index raises at the first poll. Later an index that is down counts as no change.
        """
        shown: VideoDetail | None = None
        while True:
            try:
                video = await self._look(video_id, may_be_missing=shown is None and since is not None)
            except TransientError:
                if shown is None:
                    raise
                video = shown  # a restart of the index must not end the stream
            yield video if video != shown else None
            shown = video
            if shown and shown.is_settled_since(since or 0):
                return
            # Polling, not a consumer: any number of query instances can serve any client without a group of their own.
            await asyncio.sleep(POLL_S)

    async def _look(self, video_id: str, may_be_missing: bool) -> VideoDetail | None:
        try:
            return video_detail(await self._reader.video(video_id))
        except UnknownId:
            if may_be_missing and self._reader.is_possible(video_id):
                return None
            raise
