"""A video's progress as server-sent events, over sockets, read with the client."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from rushes_client import AsyncClient, NotFound, Refused
from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.app import build
from rushes_query.index_reader import IndexReader
from rushes_query.library import watch
from rushes_query.settings import QuerySettings
from rushes_runtime.index.port import CollectionSpec, Filter, IndexUnavailable, Match, Point
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.service import make_app
from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.server import Http
from rushes_schemas.index import VIDEOS_COLLECTION, StageEntry, VideoRecord, as_payload

from .films import MORNING, NOWHERE


@pytest.fixture
async def client(
    empty_platform: Platform, texts: TextEncoder, images: ImageTextEncoder, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AsyncClient]:
    monkeypatch.setattr(watch, "POLL_S", 0.01)
    await empty_platform.index.ensure(VIDEOS_COLLECTION, CollectionSpec())
    http = HttpSettings(port=0)
    service = build(empty_platform, QuerySettings(), texts, images)
    async with (
        Http(make_app("query", [service], Metrics(), http=http), http) as server,
        AsyncClient(f"http://127.0.0.1:{server.port}") as client,
    ):
        yield client


async def put(platform: Platform, status: str, at: int) -> None:
    """Let the catalog say this of a video."""
    record = VideoRecord.model_validate({"video_id": MORNING, "status": status, "created_at": 1, "updated_at": at})
    told = record.model_copy(update={"ingest": StageEntry(status="done", at=at)})
    await platform.index.upsert(VIDEOS_COLLECTION, [Point(MORNING, as_payload(told))])


async def test_every_change_is_told_until_nothing_is_left_to_do(client: AsyncClient, empty_platform: Platform) -> None:
    told = []
    await put(empty_platform, "processing", 5)
    async for video in client.events(MORNING):
        told.append((video.status, video.ingest.at if video.ingest else None))
        await put(empty_platform, "processing" if len(told) < 3 else "indexed", 5 + len(told))
    assert told == [("processing", 5), ("processing", 6), ("processing", 7), ("indexed", 8)]


async def test_an_upload_is_waited_for_over_an_earlier_one(client: AsyncClient, empty_platform: Platform) -> None:
    await put(empty_platform, "indexed", 5)
    told = []
    async for video in client.events(MORNING, since=100):
        told.append(video.status)
        await put(empty_platform, "indexed" if told[-1] == "processing" else "processing", 100)
    assert told == ["indexed", "processing", "indexed"]


async def test_a_video_that_nobody_knows_yet_is_waited_for(client: AsyncClient, empty_platform: Platform) -> None:
    async def all_of_it() -> list[str]:
        return [video.status async for video in client.events(MORNING, since=0)]

    waiting = asyncio.create_task(all_of_it())
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{client.url}/v1/videos/{MORNING}/events"
        async with http.stream("GET", url, params={"since": 0}) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert await anext(stream.aiter_lines()) == ": waiting"
    await put(empty_platform, "indexed", 5)
    assert await asyncio.wait_for(waiting, 30) == ["indexed"]


async def test_a_deleted_video_ends_the_stream(client: AsyncClient, empty_platform: Platform) -> None:
    await put(empty_platform, "processing", 5)
    url = f"{client.url}/v1/videos/{MORNING}/events"
    async with httpx.AsyncClient(trust_env=False) as http, http.stream("GET", url) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: progress"
        await empty_platform.index.delete(VIDEOS_COLLECTION, Filter([Match("video_id", [MORNING])]))
        assert "event: deleted" in [line async for line in lines]


async def test_an_index_that_is_away_for_a_moment_is_no_news(
    client: AsyncClient, empty_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(empty_platform, "processing", 5)
    told = []
    look = IndexReader.video

    async def away(*_: object) -> VideoRecord:
        monkeypatch.setattr(IndexReader, "video", look)
        await put(empty_platform, "indexed", 6)
        raise IndexUnavailable("the index is away")

    async for video in client.events(MORNING):
        told.append(video.status)
        if video.status == "processing":
            monkeypatch.setattr(IndexReader, "video", away)
    assert told == ["processing", "indexed"]


@pytest.mark.parametrize(("id", "since"), [(NOWHERE, None), ("x", None), ("x", 0)])
async def test_an_unknown_video(client: AsyncClient, id: str, since: int | None) -> None:
    with pytest.raises(NotFound):
        await anext(client.events(id, since=since))


async def test_a_since_that_is_none(client: AsyncClient) -> None:
    with pytest.raises(Refused) as refused:
        await anext(client.events(MORNING, since=-1))
    assert refused.value.status == 422
