"""What turns out to be no video is neither kept nor handed out."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from rushes_ingest.api.archives import archive_routes
from rushes_ingest.disk_space import Quota
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import delete_unplanned_source, store
from rushes_ingest.upload_service import UploadService
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_runtime.generations import find_source
from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.app import web_app
from rushes_schemas.artefacts import Source
from rushes_schemas.events import VideoUploaded
from rushes_schemas.ids import video_id

SECRET = b"root:x:0:0"
ID = video_id(hashlib.sha256(SECRET).hexdigest())


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path.as_uri())


async def stored(blobs: Blobs, data: bytes) -> Source:
    async def chunks() -> AsyncIterator[bytes]:
        yield data

    return await store(blobs, chunks(), Quota("it", None, 1000, 0))


async def all_of(blobs: Blobs) -> list[Path]:
    assert blobs.folder
    return [path for path in blobs.folder.rglob("*") if path.is_file()]


@pytest.fixture
async def door(blobs: Blobs) -> AsyncGenerator[httpx.AsyncClient, None]:
    """The routes of archives."""

    async def publish(event: VideoUploaded) -> None: ...

    async def playable(key: str, name: str) -> None: ...

    app = web_app(
        "test",
        [archive_routes(UploadService(blobs, playable, publish), IngestSettings())],
        {},
        CollectorRegistry(),
        HttpSettings(),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


async def test_what_was_never_planned_is_in_no_archive(blobs: Blobs, door: httpx.AsyncClient) -> None:
    await stored(blobs, SECRET)
    film = await stored(blobs, b"a film")
    await blobs.put(f"videos/{film.video_id}/ingest-a1.json", b"{}")
    archive = await door.get("/v1/archive")
    assert archive.status_code == 200 and b"a film" in archive.content and SECRET not in archive.content
    assert (await door.get("/v1/archive", params={"video_id": ID})).status_code == 404


async def test_what_is_no_video_is_removed_unless_it_was_planned_before(blobs: Blobs) -> None:
    secret, film = await stored(blobs, SECRET), await stored(blobs, b"a film")
    await blobs.put(f"videos/{film.video_id}/ingest-a1.json", b"{}")
    for video in (secret.video_id, film.video_id, secret.video_id):
        await delete_unplanned_source(blobs, video)
    assert await find_source(blobs, film.video_id) is not None
    assert not [path for path in await all_of(blobs) if secret.video_id in str(path)]


async def test_a_fetch_that_fails_leaves_nothing_that_had_arrived(blobs: Blobs) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield SECRET * 100_000
        raise InvalidError("not_found", "it ended")

    with pytest.raises(InvalidError, match="it ended"):
        await store(blobs, chunks(), Quota("it", None, 10_000_000, 0))
    assert await all_of(blobs) == []
