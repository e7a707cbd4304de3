"""A small app behind the real server: what is common to all routes, tried over sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry

from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.app import web_app
from rushes_runtime.web.server import Http

ENDLESS = 64 * 1024 * 1024

Serving = Callable[..., AbstractAsyncContextManager[Http]]


def routes() -> APIRouter:
    """One route for each way in which a client may behave."""
    router = APIRouter(prefix="/v1")

    @router.get("/hello")
    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    @router.get("/much")
    async def much() -> dict[str, str]:
        return {"text": "much " * 1000}

    @router.get("/bug")
    async def bug() -> dict[str, str]:
        raise ValueError("a secret of the server")

    @router.get("/slow")
    async def slow() -> None:
        await asyncio.Event().wait()

    @router.get("/endless")
    async def endless() -> StreamingResponse:
        async def data() -> AsyncIterator[bytes]:
            for _ in range(ENDLESS // 65_536):
                yield bytes(65_536)

        return StreamingResponse(data(), media_type="video/mp4")

    @router.post("/search")
    @router.post("/body")
    @router.delete("/body")
    async def body(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    @router.post("/reindex")
    async def reindex() -> dict[str, str]:
        return {}

    return router


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """Log lines go to the standard library, where pytest looks, and are plain."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
def serving() -> Serving:
    """Serves the app on a free port of loopback, with the settings given."""

    @asynccontextmanager
    async def serve(**settings: Any) -> AsyncIterator[Http]:
        http = HttpSettings(port=0, **settings)
        async with Http(web_app("test", [routes()], {}, CollectorRegistry(), http), http) as server:
            yield server

    return serve
