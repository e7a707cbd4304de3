"""Resumable uploads over sockets: with an existing tus client, and by hand where clients are too well-behaved."""

import asyncio
import base64
import hashlib
import os
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient

from rushes_runtime.blobs import Blobs

from .door import BYTES, FILM, ID, Door

PIECE = 10_000


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with Door(Blobs((tmp_path / "blobs").as_uri())).opened() as door:
        yield door


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(headers={"Tus-Resumable": "1.0.0"}, trust_env=False, timeout=20) as client:
        yield client


async def begun(http: httpx.AsyncClient, door: Door, length: int = len(BYTES), **said: str) -> str:
    """The URL of a new upload."""
    pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
    headers = {"Upload-Length": str(length)} | ({"Upload-Metadata": pairs} if pairs else {})
    created = await http.post(door.url, headers=headers)
    assert created.status_code == 201 and created.headers["tus-resumable"] == "1.0.0"
    return str(httpx.URL(door.url).join(created.headers["location"]))


async def sent(http: httpx.AsyncClient, url: str, offset: int, data: bytes, **headers: str) -> httpx.Response:
    known = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    return await http.patch(url, content=data, headers=known | headers)


async def offset(http: httpx.AsyncClient, url: str) -> int:
    head = await http.head(url)
    assert (head.status_code, head.headers["cache-control"]) == (200, "no-store")
    return int(head.headers["upload-offset"])


async def test_an_existing_client_is_interrupted_five_times_and_goes_on(door: Door) -> None:
    """tuspy, with a checksum on every piece. Each round is another client that only knows the upload's address."""

    def one_piece(url: str | None, said: dict[str, str]) -> str:
        uploader = TusClient(door.url).uploader(
            str(FILM), chunk_size=PIECE, url=url, metadata=said, upload_checksum=True
        )
        uploader.upload_chunk()  # type: ignore[no-untyped-call]
        return str(uploader.url)

    url = await asyncio.to_thread(
        one_piece, None, {"filename": "clock.mp4", "title": "Ünëven", "metadata": '{"take": 2}'}
    )
    for _ in range(5):
        await asyncio.to_thread(one_piece, url, {})
    assert not door.events

    def the_rest() -> None:
        uploader = TusClient(door.url).uploader(str(FILM), chunk_size=10**9, url=url, upload_checksum=True)
        assert uploader.offset == 6 * PIECE
        uploader.upload()

    await asyncio.to_thread(the_rest)
    (event,) = door.events
    assert (event.title, event.filename, event.metadata) == ("Ünëven", "clock.mp4", {"take": 2})
    assert event.uri == f"blob:videos/{ID}/source"
    assert await door.blobs.get(f"videos/{ID}/source") == BYTES
    assert [path.suffix for path in door.spool.iterdir()] == [".json"]


async def test_the_last_answer_comes_after_the_event_is_acknowledged(door: Door, http: httpx.AsyncClient) -> None:
    url = await begun(http, door)
    door.failures = 1
    refused = await sent(http, url, 0, BYTES)
    assert (refused.status_code, refused.json()["reason"]) == (503, "broker_unavailable")
    assert not door.events and (await http.get(url)).json()["accepted"] is None
    asked = await offset(http, url)
    assert asked == len(BYTES) - 1
    done = await sent(http, url, asked, BYTES[asked:])
    assert (done.status_code, done.headers["upload-offset"]) == (204, str(len(BYTES)))
    assert len(door.events) == 1
    state = (await http.get(url)).json()
    assert (state["offset"], state["accepted"]["video_id"]) == (len(BYTES), ID)
    assert await offset(http, url) == len(BYTES)


async def test_a_wrong_checksum_is_refused_and_leaves_nothing(door: Door, http: httpx.AsyncClient) -> None:
    url = await begun(http, door)
    assert (await sent(http, url, 0, BYTES[:PIECE])).status_code == 204
    wrong = base64.b64encode(hashlib.sha1(b"something else").digest()).decode()
    refused = await sent(http, url, PIECE, BYTES[PIECE : 2 * PIECE], **{"Upload-Checksum": f"sha1 {wrong}"})
    assert refused.status_code == 460 and "sha1 checksum" in refused.json()["detail"]
    assert await offset(http, url) == PIECE
    right = base64.b64encode(hashlib.sha256(BYTES[PIECE:]).digest()).decode()
    assert (await sent(http, url, PIECE, BYTES[PIECE:], **{"Upload-Checksum": f"sha256 {right}"})).status_code == 204
    assert len(door.events) == 1


@pytest.mark.parametrize("vouched", [False, True])
async def test_what_came_before_the_line_broke_is_kept_unless_a_checksum_was_promised(
    door: Door, http: httpx.AsyncClient, vouched: bool
) -> None:
    url = await begun(http, door)
    _, writer = await asyncio.open_connection("127.0.0.1", door.port)
    path = httpx.URL(url).path
    promised = "Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\r\n" if vouched else ""
    writer.write(
        f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n{promised}"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(BYTES)}\r\n\r\n".encode()
    )
    writer.write(BYTES[:PIECE])
    await writer.drain()
    while (busy := await sent(http, url, 0, b"")).status_code != 423:
        assert busy.status_code == 204
    writer.close()
    while (free := await sent(http, url, 0 if vouched else PIECE, b"")).status_code in (423, 409):
        assert free.headers["tus-resumable"]
    assert await offset(http, url) == (0 if vouched else PIECE)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Offset": "7"}, 409),
        ({"Upload-Offset": "-1"}, 422),
        ({"Upload-Offset": "zero"}, 422),
        ({"Content-Type": "video/mp4"}, 415),
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Checksum": "crc32 AAAA"}, 422),
        ({"Upload-Checksum": "sha1 ~"}, 422),
    ],
)
async def test_a_wrong_piece_is_refused(
    door: Door, http: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    url = await begun(http, door)
    refused = await sent(http, url, 0, b"x", **headers)
    assert (refused.status_code, refused.headers["tus-resumable"]) == (status, "1.0.0")
    assert refused.json()["detail"]
    assert await offset(http, url) == 0


async def test_more_than_was_announced_is_refused(door: Door, http: httpx.AsyncClient) -> None:
    url = await begun(http, door, length=10)
    assert (await sent(http, url, 0, b"x" * 11)).status_code == 413
    assert await offset(http, url) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"Upload-Length": "0"}, 422),
        ({"Upload-Length": "-5"}, 422),
        ({"Upload-Length": str(10**18)}, 413),
        ({"Upload-Length": "5", "Upload-Metadata": "title ~~~"}, 422),
        ({"Upload-Length": "5", "Upload-Metadata": "language IyMj"}, 422),
    ],
)
async def test_a_wrong_announcement_is_refused(
    door: Door, http: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    assert (await http.post(door.url, headers=headers)).status_code == status
    assert not door.spool.exists()


async def test_the_disk_is_looked_at_before_anything_is_promised(tmp_path: Path, http: httpx.AsyncClient) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    async with Door(Blobs((tmp_path / "blobs").as_uri())).opened(max_size=10**18, keep_free=free // 2) as door:
        first = await http.post(door.url, headers={"Upload-Length": str(free // 3)})
        second = await http.post(door.url, headers={"Upload-Length": str(free // 3)})
    assert first.status_code == 201
    assert (second.status_code, second.json()["reason"]) == (507, "no_space")


async def test_what_is_no_video_is_refused_with_its_last_byte(door: Door, http: httpx.AsyncClient) -> None:
    url = await begun(http, door, length=2000, filename="notes.mp4")
    refused = await sent(http, url, 0, b"this is no video at " * 100)
    assert refused.status_code == 422 and "notes.mp4" in refused.json()["detail"]
    assert (await http.head(url)).status_code == 404
    assert not door.events and not list(door.spool.iterdir())


async def test_an_upload_can_be_given_up(door: Door, http: httpx.AsyncClient) -> None:
    url = await begun(http, door)
    await sent(http, url, 0, BYTES[:PIECE])
    assert (await http.delete(url)).status_code == 204
    assert (await http.head(url)).status_code == 404
    assert not list(door.spool.iterdir())


async def test_one_that_nobody_goes_on_with_is_removed(tmp_path: Path, http: httpx.AsyncClient) -> None:
    async with Door(Blobs((tmp_path / "blobs").as_uri())).opened(upload_expiry_h=1) as door:
        old, fresh = await begun(http, door), await begun(http, door)
        for path in door.spool.glob(f"{old.rsplit('/', 1)[1]}*"):
            os.utime(path, (0, time.time() - 3700))
        await begun(http, door)
        assert [(await http.head(url)).status_code for url in (old, fresh)] == [404, 200]


async def test_a_client_that_only_knows_post_may_name_another_method(door: Door, http: httpx.AsyncClient) -> None:
    url = await begun(http, door)
    headers = {
        "X-HTTP-Method-Override": "PATCH",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    assert (await http.post(url, content=BYTES[:PIECE], headers=headers)).status_code == 204
    assert await offset(http, url) == PIECE
    assert (await http.post(url)).status_code == 405


async def test_the_server_tells_what_it_can(door: Door, http: httpx.AsyncClient) -> None:
    told = (await http.options(door.url)).headers
    assert told["tus-version"] == "1.0.0"
    assert set(told["tus-extension"].split(",")) == {"creation", "checksum", "termination"}


@pytest.mark.parametrize("id", ["x", "..%2F..%2Fetc%2Fpasswd", "0" * 32, "%00"])
async def test_an_unknown_upload(door: Door, http: httpx.AsyncClient, id: str) -> None:
    for ask in (http.head, http.delete, partial(sent, http, offset=0, data=b"")):
        assert (await ask(url=f"{door.url}/{id}")).status_code == 404
