"""The gate: a process answers from its first second on, but for what it is not ready for."""

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from rushes_runtime.web.problems import problem

ALWAYS = ("/healthz", "/metrics")


class Gate:
    """Lets requests through to the app while it is open. Before and after, a 503 says why."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.closed: str | None = "it is starting"
        """Why nothing is let through, or None."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.closed is None or scope["type"] != "http" or scope["path"] in ALWAYS:
            await self._app(scope, receive, send)
        elif scope["path"] == "/readyz":
            said = {"status": "not ready", "checks": {"process": self.closed}}
            await JSONResponse(said, 503)(scope, receive, send)
        else:
            sentence = f"This rushes can't answer just now: {self.closed}."
            await problem(503, sentence, "not_ready", **{"Retry-After": "5"})(scope, receive, send)
