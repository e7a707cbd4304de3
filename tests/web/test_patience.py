"""Clients that hold a connection without asking, without sending, or without reading. Others are served meanwhile."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.patience import Patience
from rushes_runtime.web.server import Http

from .conftest import ENDLESS, Serving

SOCKETS = 2000


@asynccontextmanager
async def connection(server: Http) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**26)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answered(reader: asyncio.StreamReader) -> tuple[int, dict[str, object]]:
    """The status and the JSON of an answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    (length,) = re.findall(r"content-length: (\d+)", head)
    return int(head.split()[1]), json.loads(await reader.readexactly(int(length)))


async def hello(server: Http) -> int:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://127.0.0.1:{server.port}/v1/hello", timeout=10)).status_code


async def test_a_body_that_comes_slowly_is_answered_408(serving: Serving) -> None:
    async with serving(patience_s=0.5) as server, connection(server) as (reader, writer):
        writer.write(b"POST /v1/body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        started = time.monotonic()

        async def drip() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        try:
            assert await hello(server) == 200
            status, said = await answered(reader)
        finally:
            dripping.cancel()
    assert (status, said["detail"]) == (
        408,
        "The request's body comes too slowly: send at least 1000 bytes a second.",
    )
    assert time.monotonic() - started >= 0.5


async def test_a_long_body_that_comes_fast_enough_is_taken(serving: Serving) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield bytes(1000)
            await asyncio.sleep(0.1)

    async with serving(patience_s=0.5) as server, httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"http://127.0.0.1:{server.port}/v1/body", content=pieces())
    assert answer.json() == {"size": 8000}


@pytest.mark.parametrize("half", [b"", b"GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n", b"GET /v1/hello HTTP/1.1\r\n"])
async def test_half_a_request_is_let_go(serving: Serving, half: bytes) -> None:
    async with serving(patience_s=0.3) as server, connection(server) as (reader, writer):
        writer.write(half)
        assert await hello(server) == 200
        assert await asyncio.wait_for(reader.read(), 10) == b""


async def test_half_a_request_after_a_whole_one_is_let_go(serving: Serving) -> None:
    async with serving(patience_s=0.3) as server, connection(server) as (reader, writer):
        writer.write(b"GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /v1/hello HTTP/1.1\r\n")
        await asyncio.wait_for(reader.read(), 10)


async def test_who_does_not_read_is_let_go(serving: Serving) -> None:
    async with serving(patience_s=0.3) as server, connection(server) as (reader, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET /v1/endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while server.server_state.tasks or not server.server_state.total_requests:
            assert await hello(server) == 200
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(ENDLESS)


async def test_what_takes_too_long_is_answered_504(serving: Serving) -> None:
    async with serving(time_limit_s=0.2) as server, httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{server.port}/v1/slow")
    assert (answer.status_code, answer.json()["reason"]) == (504, "time_limit")


async def test_a_body_that_is_too_large_is_answered_413_before_it_came(serving: Serving) -> None:
    async with serving(max_body=1000) as server, connection(server) as (reader, writer):
        writer.write(b"POST /v1/body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
        status, said = await answered(reader)
    assert (status, said["detail"]) == (413, "The request's body has more than 1,000 bytes.")


async def test_a_body_without_a_length_is_answered_413_once_it_is_too_large(serving: Serving) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield bytes(500)

    async with serving(max_body=1000) as server, httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"http://127.0.0.1:{server.port}/v1/body", content=pieces())
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")


async def test_a_request_line_of_a_megabyte_is_answered_431(serving: Serving) -> None:
    async with serving() as server, httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{server.port}/v1/hello?q={'x' * 60_000}")
        assert answer.status_code == 200
    async with serving() as server, connection(server) as (reader, writer):
        writer.write(b"GET /v1/hello?q=" + b"x" * 1_000_000)
        status, said = await answered(reader)
    assert (status, said["detail"]) == (431, "The request's line and headers have more than 65,536 bytes.")


async def test_what_is_no_http_is_answered_400(serving: Serving) -> None:
    async with serving() as server, connection(server) as (reader, writer):
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        status, said = await answered(reader)
    assert (status, said["title"]) == (400, "Bad Request")


async def test_two_thousand_silent_sockets_hold_nobody_up(serving: Serving) -> None:
    async with serving(patience_s=3) as server, AsyncExitStack() as stack:
        held = [await stack.enter_async_context(connection(server)) for _ in range(SOCKETS)]
        assert [await hello(server) for _ in range(5)] == [200] * 5
        assert {await reader.read() for reader, _ in held} == {b""}


async def reads(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that reads a body."""
    try:
        while (await receive()).get("more_body"):
            pass
        status = 200
    except HTTPException as refusal:
        status = refusal.status_code
    await send({"type": "http.response.start", "status": status, "headers": []})


async def ask(door: Patience, path: str, caller: str, size: int, arrived: asyncio.Event | None = None) -> int:
    """The status of a request with such a body. With `arrived`, which is set then, its end never comes."""
    pieces = [bytes(size)]
    statuses = []

    async def receive() -> Message:
        if not pieces:
            assert arrived
            arrived.set()
            await asyncio.Event().wait()
        return {"type": "http.request", "body": pieces.pop(), "more_body": arrived is not None}

    async def send(message: Message) -> None:
        statuses.append(message["status"])

    headers = [(b"content-length", str(size + 1).encode())]
    scope = {"type": "http", "path": path, "headers": headers, "client": (caller, 1), "state": {"caller": caller}}
    await door(scope, receive, send)
    return int(statuses[0])


@asynccontextmanager
async def held(door: Patience, caller: str, size: int) -> AsyncIterator[None]:
    """A search whose body does not end."""
    arrived = asyncio.Event()
    holding = asyncio.create_task(ask(door, "/v1/search", caller, size, arrived))
    try:
        await asyncio.wait_for(arrived.wait(), 10)
        yield
    finally:
        holding.cancel()


async def test_a_request_that_the_servers_end_cuts_off_is_answered_503(serving: Serving) -> None:
    async with serving() as server, connection(server) as (reader, writer):
        server.config.timeout_graceful_shutdown = 0
        writer.write(b"POST /v1/body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx")
        while not server.server_state.tasks:
            assert await hello(server) == 200
        await server.stop()
        status, said = await answered(reader)
    assert (status, said["reason"]) == (503, "stopping")


async def test_bodies_that_are_kept_hold_up_no_upload() -> None:
    door = Patience(reads, HttpSettings(max_body=3_000_000, max_bodies=3_000_000))
    async with held(door, "desk", 3_000_000 - 1):
        assert await ask(door, "/v1/search", "shop", 1000) == 503
        for path in ("/v1/uploads", "/v1/uploads/archive", "/v1/uploads/resumable/1"):
            assert await ask(door, path, "desk", 1000) == 200


async def test_one_caller_fills_a_share_of_the_memory_for_bodies() -> None:
    door = Patience(reads, HttpSettings(max_body=1000, max_bodies=8000))
    async with held(door, "desk", 990), held(door, "desk", 990), held(door, "2001:db8::1", 990):
        assert await ask(door, "/v1/search", "desk", 990) == 503
        assert await ask(door, "/v1/search", "shop", 990) == 200
        async with held(door, "2001:db8::2", 990):
            assert await ask(door, "/v1/search", "2001:db8::3", 990) == 503, "a /64 is one customer"
