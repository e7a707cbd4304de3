"""Clients that hold a connection without asking, without sending, or without reading. Others are served meanwhile."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

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
