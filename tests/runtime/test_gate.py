"""What a process answers before it is ready, and while it stops."""

import httpx
import pytest
from fastapi import FastAPI

from rushes_runtime.metrics import Metrics
from rushes_runtime.service import make_app
from rushes_runtime.web.gate import Gate


@pytest.fixture
def app() -> FastAPI:
    """An app with a route of its own."""
    app = make_app("test", [], Metrics())
    app.get("/v1/search")(lambda: "found")
    return app


async def test_it_lives_but_answers_nothing_before_it_is_open(app: FastAPI) -> None:
    gate = Gate(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://localhost") as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/metrics")).status_code == 200
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()) == (
            503,
            {"status": "not ready", "checks": {"process": "it is starting"}},
        )
        refused = await http.get("/v1/search")
        assert (refused.status_code, refused.json()["reason"], refused.headers["retry-after"]) == (
            503,
            "not_ready",
            "5",
        )
        gate.closed = None
        assert (await http.get("/v1/search")).json() == "found"
        assert (await http.get("/readyz")).json()["status"] == "ready"
