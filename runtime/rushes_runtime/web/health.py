"""`/healthz`, `/readyz` and `/metrics`, on every service."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from rushes_runtime.errors import RushesError

Check = Callable[[], Awaitable[object]]

TIMEOUT_S = 5.0


def health(checks: Mapping[str, Check], registry: CollectorRegistry) -> APIRouter:
    """The routes. A check returns if what it looks at is well and raises if not; what it raises is told."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def ready() -> JSONResponse:
        """All that the service needs is there, or 503 and what is wrong."""
        said = await asyncio.gather(*map(_outcome, checks.values()))
        well = all(sentence == "ok" for sentence in said)
        body = {"status": "ready" if well else "not ready", "checks": dict(zip(checks, said, strict=True))}
        return JSONResponse(body, 200 if well else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        """Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _outcome(check: Check) -> str:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await check()
    except TimeoutError:
        return f"no answer within {TIMEOUT_S:g} s"
    except (RushesError, OSError) as error:
        return str(error)
    return "ok"
