"""Whatever users send, the disk keeps what it is to keep, and nothing grows past its limit."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rushes_ingest.app import NoDiskSpace, fetch_source
from rushes_ingest.disk_space import CHECK_INTERVAL_BYTES, Quota
from rushes_ingest.resumable.receive import receive_bytes
from rushes_ingest.settings import IngestSettings, SourceSettings
from rushes_ingest.sources.fetch import Fetcher
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.store import store
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.settings import BlobSettings, Settings
from rushes_schemas.events import VideoUploaded

from .door import Door

MEGABYTE = 1 << 20
ROOM = 24 * MEGABYTE
"""What the disk takes in these tests beside what it keeps; other programs may write to it meanwhile."""
SLACK = 64 * MEGABYTE


class Endless:
    """Pieces without an end, and how many bytes were taken of them."""

    def __init__(self) -> None:
        self.bytes = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.bytes < 1 << 30:
            self.bytes += MEGABYTE
            yield bytes(MEGABYTE)
        raise AssertionError("nobody stopped it")


def keep_free(folder: Path) -> int:
    """All but ROOM."""
    return shutil.disk_usage(folder).free - ROOM


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


FETCHER = Fetcher.of(UriPolicy(SourceSettings(), BlobSettings(), is_private=True))


def on(folder: Path) -> Platform:
    index: Any = None
    return Platform(Settings(), Blobs(folder.as_uri()), index, Metrics())


async def test_a_stream_without_an_end_stops_where_the_disk_keeps_the_rest(tmp_path: Path) -> None:
    endless = Endless()
    quota = Quota("the upload", tmp_path, None, keep_free(tmp_path))
    with pytest.raises(InvalidError) as refused:
        await store(Blobs(tmp_path.as_uri()), endless.__aiter__(), quota)
    assert refused.value.reason == "no_space"
    assert endless.bytes < ROOM + SLACK
    assert files(tmp_path) == []


async def test_dev_zero_as_a_file_fills_no_disk_and_is_tried_again(tmp_path: Path) -> None:
    settings = IngestSettings(keep_free=keep_free(tmp_path))
    with pytest.raises((NoDiskSpace, InvalidError)) as refused:
        await fetch_source(VideoUploaded(uri="file:///dev/zero", accepted_at=1), on(tmp_path), settings, FETCHER)
    assert getattr(refused.value, "reason", None) in ("no_space", "unreadable")
    assert files(tmp_path) == []


async def test_a_sparse_file_counts_by_its_bytes(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.mp4"
    sparse.touch()
    os.truncate(sparse, 1 << 40)
    (tmp_path / "blobs").mkdir()
    with pytest.raises(InvalidError, match="larger than the limit of 20,000,000 bytes"):
        await fetch_source(
            VideoUploaded(uri=sparse.as_uri(), accepted_at=1),
            on(tmp_path / "blobs"),
            IngestSettings(max_size=20_000_000, keep_free=0),
            FETCHER,
        )
    with pytest.raises(NoDiskSpace):
        settings = IngestSettings(keep_free=keep_free(tmp_path))
        await fetch_source(VideoUploaded(uri=sparse.as_uri(), accepted_at=1), on(tmp_path / "blobs"), settings, FETCHER)
    assert files(tmp_path / "blobs") == []


async def test_a_part_of_a_resumable_upload_stops_there_too(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(b"came before")
    quota = Quota("The upload", tmp_path, 1 << 40, keep_free(tmp_path))
    with pytest.raises(InvalidError) as refused:
        await receive_bytes(tmp_path / "upload", 11, quota, Endless().__aiter__(), None)
    assert refused.value.reason == "no_space"
    assert (tmp_path / "upload").read_bytes() == b"came before", "it can be gone on with when there is room"


async def test_the_door_refuses_a_chunked_upload_for_which_there_is_no_room(tmp_path: Path) -> None:
    """Nothing announces how long it is."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'

    async def body() -> AsyncIterator[bytes]:
        yield head
        async for piece in Endless().__aiter__():
            yield piece

    door = Door(Blobs(tmp_path.as_uri()))
    async with door.opened(keep_free=keep_free(tmp_path)), httpx.AsyncClient(timeout=30) as client:
        try:
            answer = await client.post(
                door.url.removesuffix("/resumable"),
                content=body(),
                headers={"Content-Type": "multipart/form-data; boundary=x"},
            )
            assert answer.status_code == 507
        except (httpx.WriteError, httpx.ReadError):
            pass  # the connection was closed before all was sent
    assert files(tmp_path) == [] and door.events == []


@pytest.mark.parametrize("note", [b"", b'{"id": "', b"null", b"\xff"])
async def test_an_unreadable_note_on_an_upload_keeps_nobody_from_uploading(tmp_path: Path, note: bytes) -> None:
    door = Door(Blobs(tmp_path.as_uri()))
    async with door.opened(), httpx.AsyncClient() as client:
        door.spool.mkdir(parents=True)
        damaged = door.spool / f"{'0' * 32}.json"
        damaged.write_bytes(note)
        answer = await client.post(door.url, headers={"Tus-Resumable": "1.0.0", "Upload-Length": "9"})
        assert answer.status_code == 201
    assert not damaged.exists()
    assert (door.spool / "unreadable" / damaged.name).read_bytes() == note


def test_the_disk_is_looked_at_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Path] = []
    usage = shutil.disk_usage

    def counted(path: Path) -> Any:
        looks.append(path)
        return usage(path)

    monkeypatch.setattr(shutil, "disk_usage", counted)
    quota = Quota("it", tmp_path, None, 0)
    for piece in quota.limited_sync(bytes(MEGABYTE) for _ in range(40)):
        assert piece
    assert len(looks) == 1 + 39 * MEGABYTE // CHECK_INTERVAL_BYTES
    assert quota.taken == 40 * MEGABYTE
