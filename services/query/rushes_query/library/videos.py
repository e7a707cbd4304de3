"""The library: videos, their scenes, transcripts and files."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice

from rushes_query.index_reader import IndexReader, UnknownId
from rushes_query.library.serializers import scene_answer, video_answer, video_detail
from rushes_query.library.storyboards import recipe_of, track
from rushes_query.library.transcript_text import find, folded
from rushes_query.library.transcripts import Parts, parts_of, transcript_of
from rushes_runtime.blobs import BlobMissing, Blobs
from rushes_runtime.errors import InvalidError
from rushes_runtime.index.port import Filter
from rushes_runtime.index.port import Match as Is
from rushes_schemas.api import (
    ScenesPage,
    TranscriptMatch,
    TranscriptMatches,
    VideoDetail,
    VideosPage,
    VideoTranscript,
    media_url,
)
from rushes_schemas.artefacts import MEDIA_TYPES, OTHER_MEDIA_TYPE
from rushes_schemas.ids import blob_key, blob_uri, public_uri
from rushes_schemas.index import ScenePayload, VideoRecord, VideoStatus
from rushes_schemas.storyboard import sheet_key


@dataclass(frozen=True)
class StoredFile:
    """A blob to send. Equal `etag`s mean equal bytes."""

    key: str
    size: int
    media_type: str
    etag: str


class Library:
    """The videos of an index and a blob store. Methods raise UnknownId, IndexUnavailable and BlobsUnavailable."""

    def __init__(self, reader: IndexReader, blobs: Blobs) -> None:
        self._reader = reader
        self._blobs = blobs

    async def videos(
        self, limit: int, cursor: str | None, uri: str | None = None, status: VideoStatus | None = None
    ) -> VideosPage:
        """Return a page of videos in the order of their ids, the only order that the index offers. `uri` and `status`
        are filters. Videos that are accepted and not fetched yet are included as `provisional`."""
        of_status = [Is("status", [status])] if status else []
        of_uri = [Is("uris", [public_uri(uri)])] if uri else []
        records, after = await self._reader.videos_page(limit, cursor, Filter([*of_uri, *of_status]))
        if uri and not records and cursor is None:  # records of versions that stored only the last URI
            last = Is("uri", [public_uri(uri)])
            records, after = await self._reader.videos_page(limit, cursor, Filter([last, *of_status]))
        return VideosPage(videos=list(map(video_answer, records)), next_cursor=after)

    async def video(self, video_id: str) -> VideoDetail:
        """Return a video with its ledger."""
        return video_detail(await self._reader.video(video_id))

    async def scenes(self, video_id: str) -> ScenesPage:
        """Return the scenes that are indexed so far, in order of time."""
        await self._reader.video(video_id)
        scenes = map(scene_answer, await self._reader.scenes(video_id))
        in_order = sorted(scenes, key=lambda scene: (scene.start_ms, scene.end_ms, scene.id))
        return ScenesPage(video_id=video_id, scenes=in_order)

    async def transcript(self, video_id: str) -> VideoTranscript:
        """Return the transcript, as far as it is known."""
        return await transcript_of(await self._reader.video(video_id), self._blobs)

    async def transcript_parts(self, video_id: str) -> tuple[VideoRecord, Parts]:
        """Return the record, and the transcript segment by segment."""
        record = await self._reader.video(video_id)
        return record, parts_of(record, self._blobs)

    async def find_phrase(self, video_id: str, phrase: str, limit: int) -> TranscriptMatches:
        """Return where a phrase is said. Raises InvalidError for a phrase without a letter or digit."""
        if not folded(phrase):
            raise InvalidError("empty", "Say what to find: q has no letter or digit.")
        record = await self._reader.video(video_id)
        words = [word async for part in parts_of(record, self._blobs) for word in part.words]
        found = await asyncio.to_thread(lambda: list(islice(find(words, phrase), limit)))
        matches = [
            TranscriptMatch(
                start_ms=each.start_ms, end_ms=each.end_ms, text=each.text, media_url=media_url(video_id, each.start_ms)
            )
            for each in found
        ]
        return TranscriptMatches(video_id=video_id, query=phrase, matches=matches)

    async def media(self, video_id: str) -> StoredFile:
        """Return the video's file."""
        video = (await self._reader.video(video_id)).video
        if video is None:
            raise UnknownId(f"The video {video_id!r} is not stored.")
        # Another program may have written the record: a type that a browser would execute is sent as a download.
        media_type = video.media_type if video.media_type in MEDIA_TYPES else OTHER_MEDIA_TYPE
        return await self._file(video.source_uri, media_type, video.sha256)

    async def thumbnail(self, scene_id: str) -> StoredFile:
        """Return a scene's thumbnail. The scene's id is a hash of its recipe, so it serves as ETag of the image."""
        payload = ScenePayload.model_validate((await self._reader.scene(scene_id)).payload)
        if payload.thumbnail_uri is None:
            raise UnknownId(f"The scene {scene_id!r} has no picture.")
        return await self._file(payload.thumbnail_uri, "image/jpeg", scene_id)

    async def storyboard(self, video_id: str) -> tuple[str, VideoRecord]:
        """Return the thumbnails track, and the record that it is made of."""
        record = await self._reader.video(video_id)
        return await track(record, self._blobs), record

    async def sheet(self, video_id: str, segment: int) -> StoredFile:
        """Return the storyboard image of a segment."""
        recipe = recipe_of(await self._reader.video(video_id), segment)
        if recipe is None:
            raise UnknownId(f"There is no storyboard of segment {segment} of the video {video_id!r}.")
        uri = blob_uri(sheet_key(video_id, segment, recipe))
        return await self._file(uri, "image/jpeg", f"{video_id}-{segment}-{recipe}")

    def stream(self, file: StoredFile, start: int, end: int) -> AsyncIterator[bytes]:
        """Stream the bytes [start, end) of a file."""
        return self._blobs.stream(file.key, start, end)

    def link(self, file: StoredFile) -> str | None:
        """Return a presigned URL of the blob store, or None where the service sends the file itself."""
        return self._blobs.link(file.key)

    async def _file(self, uri: str, media_type: str, content: str) -> StoredFile:
        key = blob_key(uri)
        try:
            size = await self._blobs.size(key)
        except BlobMissing as error:
            raise UnknownId(f"The file {key} is no longer stored.") from error
        if not size:  # nothing that is sent is empty: it was damaged
            raise UnknownId(f"The file {key} is stored without its bytes.")
        return StoredFile(key, size, media_type, f'"{content}"')
