"""`/healthz`, `/readyz` and `/metrics`, on every service."""

from collections.abc import Mapping

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from rushes_runtime.checks import Check, all_wrong


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
        found = await all_wrong(checks)
        said = {name: found.get(name, "ok") for name in checks}
        return JSONResponse({"status": "not ready" if found else "ready", "checks": said}, 503 if found else 200)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
