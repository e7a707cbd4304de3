"""What users uploaded, and other programs told of it, as it is sent to browsers."""

from collections.abc import AsyncIterator

import httpx
import pytest

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.app import build
from rushes_query.settings import QuerySettings
from rushes_runtime.index.port import CollectionSpec, Point
from rushes_runtime.platform import Platform
from rushes_schemas.ids import blob_key
from rushes_schemas.index import VIDEOS_COLLECTION, as_payload

from .conftest import client_of
from .films import MORNING, records

SCRIPT = b"<script>fetch('/v1/archive')</script>"


@pytest.fixture
async def told(empty_platform: Platform, texts: TextEncoder, images: ImageTextEncoder) -> AsyncIterator["Told"]:
    """A video whose bytes are a page, and whose record another program may have written."""
    async with client_of(build(empty_platform, QuerySettings(), texts, images)) as http:
        yield Told(empty_platform, http)


class Told:
    """A library with one video."""

    def __init__(self, platform: Platform, http: httpx.AsyncClient) -> None:
        self._platform = platform
        self.http = http

    async def media(self, media_type: str, method: str = "GET") -> httpx.Response:
        """The video's bytes, where its record says that they are of this type."""
        record = next(each for each in records() if each.video_id == MORNING)
        assert record.video
        video = record.video.model_copy(update={"media_type": media_type})
        index = self._platform.index
        await index.ensure(VIDEOS_COLLECTION, CollectionSpec())
        await index.upsert(VIDEOS_COLLECTION, [Point(MORNING, as_payload(record.model_copy(update={"video": video})))])
        await self._platform.blobs.put(blob_key(video.source_uri), SCRIPT)
        return await self.http.request(method, f"/v1/videos/{MORNING}/media")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "text/xml", "application/pdf", "", "Video/MP4;x"])
async def test_media_of_an_unknown_type_are_a_file_to_be_kept(told: Told, media_type: str, method: str) -> None:
    answer = await told.media(media_type, method)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


async def test_a_video_is_played_by_its_own_type(told: Told) -> None:
    answer = await told.media("video/mp4")
    assert answer.headers["content-type"] == "video/mp4" and "content-disposition" not in answer.headers


async def test_subtitles_are_files_and_a_text_is_shown(told: Told) -> None:
    await told.media("video/mp4")
    for format, kept in (("vtt", True), ("srt", True), ("text", False), ("json", False)):
        answer = await told.http.get(f"/v1/videos/{MORNING}/transcript", params={"format": format})
        name = f'attachment; filename="{MORNING}.{format}"'
        assert answer.headers.get("content-disposition") == (name if kept else None)
