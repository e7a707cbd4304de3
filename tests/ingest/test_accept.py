"""What the last step of an upload leaves of bytes that it does not accept."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes_ingest.disk_space import Quota
from rushes_ingest.store import store
from rushes_ingest.upload_service import UploadService
from rushes_runtime.artefacts import write
from rushes_runtime.blobs import Blobs
from rushes_runtime.deletion import BeingDeleted
from rushes_runtime.errors import InvalidError
from rushes_runtime.generations import Mark, find_source, mark_key
from rushes_schemas.artefacts import Source, video_prefix
from rushes_schemas.events import VideoUploaded


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path.as_uri())


async def sent(blobs: Blobs) -> Source:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"film"

    return await store(blobs, chunks(), Quota("film.mp4", None, None, 0))


async def refused(key: str, name: str) -> None:
    raise InvalidError("too_large", "the limits were lowered")


async def published(event: VideoUploaded) -> None:
    raise AssertionError(f"{event} is published")


@pytest.mark.parametrize("before", [[], ["sent"], ["sent", "planned"], ["planned"]])
async def test_refused_bytes_are_removed_if_this_upload_brought_them(blobs: Blobs, before: list[str]) -> None:
    source = await sent(blobs)
    if "sent" in before:
        source = await sent(blobs)
    if "planned" in before:
        await blobs.put(f"{video_prefix(source.video_id)}/ingest-abc.json", b"{}")
    with pytest.raises(InvalidError):
        await UploadService(blobs, refused, published).accept(source, VideoUploaded(uri=source.uri))
    assert (await find_source(blobs, source.video_id) is None) == (not before)
    assert await blobs.exists(source.key) == bool(before)


async def test_bytes_whose_video_was_deleted_meanwhile_are_removed(blobs: Blobs) -> None:
    source = await sent(blobs)

    async def deleted(key: str, name: str) -> None:
        """The deletion's sweep ran before the bytes got their key."""
        await write(blobs, mark_key(source.video_id), Mark(generation=1, at=1, finished_at=2, told=[]))

    with pytest.raises(BeingDeleted):
        await UploadService(blobs, deleted, published).accept(source, VideoUploaded(uri=source.uri))
    assert [key async for key in blobs.list("videos")] == []
