"""Resumable uploads over sockets: with an existing tus client, and by hand where clients are too well-behaved."""

import asyncio
import base64
import hashlib
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cache, partial
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient

from rushes_ingest.disk_space import Quota
from rushes_ingest.resumable.receive import RequestWriter
from rushes_ingest.resumable.spool import Spool
from rushes_ingest.settings import IngestSettings
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError

from .door import BYTES, FILM, ID, Door

PIECE = 10_000


class Audit:
    """What the interpreter says of itself, while somebody listens: hooks can't be removed again."""

    def __init__(self) -> None:
        self.events: tuple[str, ...] = ()
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _: object) -> None:
        if event in self.events:
            self.seen.append(event)


@cache
def audit() -> Audit:
    return Audit()


@contextmanager
def audited(*events: str) -> Iterator[list[str]]:
    """Which of these audit events happen meanwhile."""
    audit().events, audit().seen = events, []
    try:
        yield audit().seen
    finally:
        audit().events = ()


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
        ({"Upload-Length": "+5"}, 422),
        ({"Upload-Length": "5.0"}, 422),
        ({"Upload-Length": "1_0"}, 422),
        ({"Upload-Length": "5", "Upload-Metadata": "title ~~~"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "other ~~~"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "title QQ==,,filename QQ=="}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "title QQ==,"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "title QQ==,title Qg=="}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "title QQ== QQ=="}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "language IyMj"}, 422),
    ],
)
async def test_a_wrong_announcement_is_refused(
    door: Door, http: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    assert (await http.post(door.url, headers=headers)).status_code == status
    assert not door.spool.exists()


async def test_the_disk_is_looked_at_before_anything_is_promised(tmp_path: Path, http: httpx.AsyncClient) -> None:
    """What does not fit is refused at once; what fits reserves nothing, so that another's upload fits as well."""
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    async with Door(Blobs((tmp_path / "blobs").as_uri())).opened(max_size=10**18, keep_free=free // 2) as door:
        large, another = [await http.post(door.url, headers={"Upload-Length": str(free // 3)}) for _ in range(2)]
        never = await http.post(door.url, headers={"Upload-Length": str(free // 3 * 2)})
    assert (large.status_code, another.status_code) == (201, 201)
    assert (never.status_code, never.json()["reason"]) == (507, "no_space")


async def test_a_disk_that_says_that_it_is_full_is_no_bug(tmp_path: Path) -> None:
    """Where nothing is to stay free, no look at the disk finds it full before."""
    with Path("/dev/full").open("r+b", buffering=0) as file:  # noqa: ASYNC230
        writing = RequestWriter(file, Quota("The upload", tmp_path, 10, 0), None)
        await writing.take(b"x")
        with pytest.raises(InvalidError, match="disk is full") as refused:
            await writing.flush()
    assert refused.value.reason == "no_space"


async def test_beginning_one_lists_no_folder_however_many_there_are(tmp_path: Path) -> None:
    """And its time does not grow with them: it looks at the one that nobody has gone on with for longest, and at its
    own."""
    spool = Spool(tmp_path, 3600, most_of_one=2000, most=2000)
    for _ in range(300):
        spool.create(5, {}, "somebody")
    spool = Spool(tmp_path, 3600, most_of_one=2000, most=2000)
    spool.expire()
    with audited("os.listdir", "os.scandir", "pathlib.Path.glob", "pathlib.Path.rglob") as seen:
        spool.create(5, {}, "somebody")
    assert seen == []
    with audited("open") as opened:
        spool.create(5, {}, "somebody")
    assert 0 < len(opened) < 10


async def test_who_has_too_many_unfinished_uploads_begins_no_more(tmp_path: Path, http: httpx.AsyncClient) -> None:
    """Another caller can, and they can again once one is finished or given up; also after a restart."""
    keys = [{"name": name, "secret": name * 20, "scopes": ["read", "write"]} for name in ("a", "b", "c")]
    limits = {"unfinished_uploads": 2, "unfinished_uploads_in_all": 3}

    async def begin(name: str, length: int = len(BYTES)) -> httpx.Response:
        asked = {"Upload-Length": str(length), "Authorization": f"Bearer {name * 20}"}
        return await http.post(served.url, headers=asked)

    blobs = Blobs((tmp_path / "blobs").as_uri())
    async with Door(blobs).opened(keys=keys, **limits) as served:
        first, second, third = [await begin("a") for _ in range(3)]
        assert (first.status_code, second.status_code, third.status_code) == (201, 201, 429)
        assert "a has 2 unfinished uploads" in third.json()["detail"] and third.headers["retry-after"]
        assert (await begin("b")).status_code == 201
        refused = await begin("c")
        assert refused.status_code == 429 and "There are 3 unfinished uploads" in refused.json()["detail"]
    async with Door(blobs).opened(keys=keys, **limits) as served:
        assert (await begin("a")).status_code == 429
        key = {"Authorization": f"Bearer {'a' * 20}"}
        urls = [str(httpx.URL(served.url).join(answer.headers["location"])) for answer in (first, second)]
        assert (await http.delete(urls[0], headers=key)).status_code == 204
        assert (await begin("a")).status_code == 201
        assert (await sent(http, urls[1], 0, BYTES, **key)).status_code == 204
        assert (await begin("a")).status_code == 201
        assert (await begin("a")).status_code == 429


async def test_an_upload_says_when_it_expires(door: Door, http: httpx.AsyncClient) -> None:
    """Each piece puts it off; a complete one is a video."""
    assert IngestSettings().upload_expiry_h == 24
    url = await begun(http, door)
    path = door.spool / url.rsplit("/", 1)[1]
    for file in (path, path.with_suffix(".json")):
        os.utime(file, (0, 1_800_000_000 + int(time.time()) % 2))
    now = path.stat().st_mtime
    head = await http.head(url)
    assert parsedate_to_datetime(head.headers["upload-expires"]).timestamp() == now + 24 * 3600
    piece = await sent(http, url, 0, BYTES[:PIECE])
    put_off = parsedate_to_datetime(piece.headers["upload-expires"]).timestamp()
    assert abs(put_off - 24 * 3600 - max(path.stat().st_mtime, path.with_suffix(".json").stat().st_mtime)) < 1
    assert "upload-expires" not in (await sent(http, url, PIECE, BYTES[PIECE:])).headers


@pytest.mark.parametrize("content", [b"", b"{", b'{"id": 1}', b"\xff\xfe"])
async def test_an_unreadable_file_among_the_unfinished_keeps_nobody_from_uploading(
    door: Door, http: httpx.AsyncClient, content: bytes
) -> None:
    door.spool.mkdir(parents=True)
    broken = "0" * 32
    for name in (f"{broken}.json", broken, "notes.txt", f".{broken}.json.x.new", "f" * 32):
        (door.spool / name).write_bytes(content)
    url = await begun(http, door)
    assert (await http.head(f"{door.url}/{broken}")).status_code == 404
    assert (await sent(http, url, 0, BYTES)).status_code == 204
    assert (door.spool / "unreadable" / f"{broken}.json").read_bytes() == content


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
    assert set(told["tus-extension"].split(",")) == {"creation", "checksum", "termination", "expiration"}


@pytest.mark.parametrize("id", ["x", "..%2F..%2Fetc%2Fpasswd", "0" * 32, "%00"])
async def test_an_unknown_upload(door: Door, http: httpx.AsyncClient, id: str) -> None:
    for ask in (http.head, http.delete, partial(sent, http, offset=0, data=b"")):
        assert (await ask(url=f"{door.url}/{id}")).status_code == 404
