"""A small instance for these tests: real HTTP on loopback, the routes of interfaces.md, no pipeline."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.datastructures import UploadFile

from rushes_query.answers import SearchAnswer, TranscriptAnswer, VideoAnswer, VideoDetail, VideosAnswer
from rushes_runtime.web.problems import problem

from .fake import ID, Fake


@contextmanager
def serving(fake: Fake) -> Iterator[Fake]:
    """Serve on a free port of loopback. Whoever connects before uvicorn accepts is kept waiting by the socket."""
    listener = socket.create_server(("127.0.0.1", 0))
    fake.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = FastAPI()
    for routes in (_uploads(fake), _videos(fake), _events(fake), _search(fake), _health(fake)):
        app.include_router(routes)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield fake
    finally:
        server.should_exit = True
        thread.join()


def _uploads(fake: Fake) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/uploads", status_code=202)
    async def upload(request: Request) -> Response:
        form = await request.form()
        file = form["file"]
        assert isinstance(file, UploadFile)
        said = {name: value for name, value in form.items() if name != "file"}
        fake.uploads.append({"name": file.filename, "size": len(await file.read()), **said})
        return accepted(file.filename or "", ID)

    @router.post("/v1/uploads/from-uri", status_code=202)
    async def from_uri(event: dict[str, Any]) -> Response:
        fake.uploads.append(event)
        return accepted(event["uri"], None)

    def accepted(name: str, video_id: str | None) -> Response:
        if name in fake.refusals:
            return problem(422, fake.refusals[name], "not_a_video")
        where = f"/v1/videos/{video_id}" if video_id else f"/v1/videos?uri={name}"
        return JSONResponse({"video_id": video_id, "status_url": where}, 202)

    return router


def _videos(fake: Fake) -> APIRouter:
    router = APIRouter(prefix="/v1/videos")

    @router.get("")
    async def videos(uri: str | None = None, cursor: str | None = None) -> dict[str, Any]:
        if uri is not None:
            there = [fake.videos[fake.uris[uri]][0]] if uri in fake.uris else []
            return {"videos": [video.model_dump() | {"uri": uri} for video in there], "next_cursor": None}
        first, *rest = sorted(fake.videos) or [""]
        page = rest if cursor else [first]
        listed = [_listed(fake.videos[id][0]) for id in page if id]
        return VideosAnswer(videos=listed, next_cursor=first if rest and not cursor else None).model_dump()

    @router.get("/{video_id}")
    async def video(video_id: str) -> Response:
        if fake.down:
            fake.down -= 1
            return problem(503, "the index does not answer")
        known = fake.now(video_id)
        return JSONResponse(known.model_dump()) if known else _unknown(video_id)

    @router.get("/{video_id}/transcript")
    async def transcript(video_id: str, format: str) -> Response:
        if video_id not in fake.videos:
            return _unknown(video_id)
        if format == "json":
            empty: dict[str, Any] = {"segments": [], "words": [], "text": "", "complete": True, "language": None}
            return JSONResponse(TranscriptAnswer(video_id=video_id, title="A film", **empty).model_dump())
        return PlainTextResponse("\n" if format == "text" else f"{format.upper()} of it\n")

    return router


REST: dict[str, Any] = {"groups": [], "left_out": [], "next_cursor": None}
"""What a search answers besides."""


def _events(fake: Fake) -> APIRouter:
    router = APIRouter(prefix="/v1/videos")

    @router.get("/{video_id}/events")
    async def events(video_id: str) -> Response:
        if fake.down:
            fake.down -= 1
            return problem(503, "the index does not answer")

        async def news() -> AsyncIterator[str]:
            settled = False
            while not settled:
                if known := fake.now(video_id):
                    yield f"event: progress\ndata: {known.model_dump_json()}\n\n"
                    settled = known.status != "processing"
                else:
                    yield ": waiting\n\n"
                await asyncio.sleep(0)

        return StreamingResponse(news(), media_type="text/event-stream")

    return router


def _search(fake: Fake) -> APIRouter:
    router = APIRouter(prefix="/v1/search")

    @router.get("")
    async def search(request: Request) -> SearchAnswer:
        fake.searches.append(dict(request.query_params.multi_items()))
        return SearchAnswer(query=request.query_params.get("q", ""), took_ms=7, moments=fake.moments, **REST)

    @router.post("")
    async def search_picture(request: Request) -> SearchAnswer:
        form = await request.form()
        image = form["image"]
        assert isinstance(image, UploadFile)
        fake.searches.append({"image": await image.read(), "limit": form["limit"]})
        return SearchAnswer(query="", took_ms=7, moments=fake.moments, **REST)

    return router


def _health(fake: Fake) -> APIRouter:
    router = APIRouter()

    @router.get("/readyz")
    async def ready() -> JSONResponse:
        well = set(fake.checks.values()) == {"ok"}
        return JSONResponse({"status": "ready" if well else "not ready", "checks": fake.checks}, 200 if well else 503)

    return router


def _listed(video: VideoDetail) -> VideoAnswer:
    return VideoAnswer(**video.model_dump(exclude={"ingest", "segments"}))


def _unknown(video_id: str) -> Response:
    return problem(404, f"There is no video '{video_id}'.")
