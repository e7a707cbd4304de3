"""The library: videos, their scenes, what is said in them, and their files."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice

from rushes_query.index_reader import IndexReader, UnknownId
from rushes_query.library.serializers import media_url, scene_answer, video_answer, video_detail
from rushes_query.library.storyboards import recipe_of, track
from rushes_query.library.transcript_text import find, folded
from rushes_query.library.transcripts import Parts, parts_of, transcript_of
from rushes_runtime.blobs import BlobMissing, Blobs
from rushes_runtime.errors import InvalidError
from rushes_runtime.index.port import Filter
from rushes_runtime.index.port import Match as Is
from rushes_schemas.api import ScenesPage, TranscriptMatch, TranscriptMatches, VideoDetail, VideosPage, VideoTranscript
from rushes_schemas.artefacts import MEDIA_TYPES, OTHER_MEDIA_TYPE
from rushes_schemas.ids import blob_key, blob_uri, public_uri
from rushes_schemas.index import ScenePayload, VideoRecord, VideoStatus
from rushes_schemas.storyboard import sheet_key


@dataclass(frozen=True)
class StoredFile:
    """A blob to be sent. `etag` names its content: equal tags, equal bytes."""

    key: str
    size: int
    media_type: str
    etag: str


class Library:
    """What is there. Methods raise UnknownId for an unknown id, IndexUnavailable and BlobsUnavailable."""

    def __init__(self, reader: IndexReader, blobs: Blobs) -> None:
        self._reader = reader
        self._blobs = blobs

    async def videos(
        self, limit: int, cursor: str | None, uri: str | None = None, status: VideoStatus | None = None
    ) -> VideosPage:
        """A page of videos, in the order of their ids, which is the only one that the index port offers; of those only
        that were published as `uri`, and that stand at `status`. A URI that is accepted and not fetched yet is among
        them, `provisional`."""
        of_status = [Is("status", [status])] if status else []
        of_uri = [Is("uris", [public_uri(uri)])] if uri else []
        records, after = await self._reader.videos_page(limit, cursor, Filter([*of_uri, *of_status]))
        if uri and not records and cursor is None:  # records of a version that kept only the last URI
            last = Is("uri", [public_uri(uri)])
            records, after = await self._reader.videos_page(limit, cursor, Filter([last, *of_status]))
        return VideosPage(videos=list(map(video_answer, records)), next_cursor=after)

    async def video(self, video_id: str) -> VideoDetail:
        """One video with its ledger."""
        return video_detail(await self._reader.video(video_id))

    async def scenes(self, video_id: str) -> ScenesPage:
        """The scenes that are indexed so far, in order of time."""
        await self._reader.video(video_id)
        scenes = map(scene_answer, await self._reader.scenes(video_id))
        in_order = sorted(scenes, key=lambda scene: (scene.start_ms, scene.end_ms, scene.id))
        return ScenesPage(video_id=video_id, scenes=in_order)

    async def transcript(self, video_id: str) -> VideoTranscript:
        """What is said in a video, as far as it is known."""
        return await transcript_of(await self._reader.video(video_id), self._blobs)

    async def spoken(self, video_id: str) -> tuple[VideoRecord, Parts]:
        """The same, segment by segment, with the record that it is made of."""
        record = await self._reader.video(video_id)
        return record, parts_of(record, self._blobs)

    async def said(self, video_id: str, phrase: str, limit: int) -> TranscriptMatches:
        """Where something is said in a video. Raises InvalidError for a phrase without any letter or digit."""
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
        """The video's own bytes."""
        video = (await self._reader.video(video_id)).video
        if video is None:
            raise UnknownId(f"The video {video_id!r} is not stored.")
        # What a record says may be another program's word; what a browser would run is sent as bytes to be kept.
        media_type = video.media_type if video.media_type in MEDIA_TYPES else OTHER_MEDIA_TYPE
        return await self._file(video.source_uri, media_type, video.sha256)

    async def thumbnail(self, scene_id: str) -> StoredFile:
        """A scene's picture. Its id comes from the recipe of its scene, and so names the picture's content too."""
        payload = ScenePayload.model_validate((await self._reader.scene(scene_id)).payload)
        if payload.thumbnail_uri is None:
            raise UnknownId(f"The scene {scene_id!r} has no picture.")
        return await self._file(payload.thumbnail_uri, "image/jpeg", scene_id)

    async def storyboard(self, video_id: str) -> tuple[str, VideoRecord]:
        """The thumbnails track, and the record that it is made of."""
        record = await self._reader.video(video_id)
        return await track(record, self._blobs), record

    async def sheet(self, video_id: str, segment: int) -> StoredFile:
        """A segment's sheet of the storyboard."""
        recipe = recipe_of(await self._reader.video(video_id), segment)
        if recipe is None:
            raise UnknownId(f"There is no storyboard of segment {segment} of the video {video_id!r}.")
        uri = blob_uri(sheet_key(video_id, segment, recipe))
        return await self._file(uri, "image/jpeg", f"{video_id}-{segment}-{recipe}")

    def stream(self, file: StoredFile, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes [start, end) of a file."""
        return self._blobs.stream(file.key, start, end)

    def link(self, file: StoredFile) -> str | None:
        """Where the store itself sends the file from, for a while; None where it is sent from here."""
        return self._blobs.link(file.key)

    async def _file(self, uri: str, media_type: str, content: str) -> StoredFile:
        key = blob_key(uri)
        try:
            return StoredFile(key, await self._blobs.size(key), media_type, f'"{content}"')
        except BlobMissing as error:
            raise UnknownId(f"The file {key} is no longer stored.") from error
