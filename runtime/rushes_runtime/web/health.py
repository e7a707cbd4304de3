"""`/healthz`, `/readyz` and `/metrics`, on every service."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from rushes_runtime.checks import Check, all_wrong

BARE = "bare"
"""Set in the state of a request to `/readyz` that is answered with its status alone."""


def health(checks: Mapping[str, Check], registry: CollectorRegistry) -> APIRouter:
    """The routes. A check returns if what it looks at is well and raises if not; what it raises is told."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def ready(request: Request) -> JSONResponse:
        """All that the service needs is there, or 503 and what is wrong; what, for those who may know it."""
        found = await all_wrong(checks)
        body: dict[str, object] = {"status": "not ready" if found else "ready"}
        if not getattr(request.state, BARE, False):
            body["checks"] = {name: found.get(name, "ok") for name in checks}
        return JSONResponse(body, 503 if found else 200)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
