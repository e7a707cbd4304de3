"""A video's progress, polled from its record in the index: the query service subscribes to no topic."""

import asyncio
from collections.abc import AsyncIterator

from rushes_query.index_reader import IndexReader, UnknownId
from rushes_query.library.serializers import video_detail
from rushes_runtime.errors import TransientError
from rushes_schemas.api import VideoDetail

POLL_S = 0.5
"""How often the record is looked at."""
SETTLED = ("indexed", "degraded", "failed")
"""Statuses of a video in which no stage has anything left to do."""


class ProgressWatch:
    """Watches videos' records."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader

    async def of(self, video_id: str, since: int | None) -> AsyncIterator[VideoDetail | None]:
        """The video now, and again whenever its record changes, until no stage has anything left to do; None after each
        look that found nothing new.

        `since`: when an upload was accepted, in ms since the Unix epoch. A video that is not known yet is waited for
        then, and one that was settled before is not settled. Raises UnknownId where it is not known, or no longer, and
        what the index raises at the first look; later, that it does not answer only means that there is no news.
        """
        shown: VideoDetail | None = None
        while True:
            try:
                video = await self._look(video_id, may_be_missing=shown is None and since is not None)
            except TransientError:
                if shown is None:
                    raise
                video = shown
            yield video if video != shown else None
            shown = video
            if shown and _is_settled(shown, since or 0):
                return
            await asyncio.sleep(POLL_S)

    async def _look(self, video_id: str, may_be_missing: bool) -> VideoDetail | None:
        try:
            return video_detail(await self._reader.video(video_id))
        except UnknownId:
            if may_be_missing and self._reader.is_possible(video_id):
                return None
            raise


def _is_settled(video: VideoDetail, since: int) -> bool:
    return video.status in SETTLED and (video.ingest is None or video.ingest.at >= since)
