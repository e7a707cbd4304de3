"""A request's id, and the line in the log that says how it was answered."""

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""An id that a client or a proxy gives and that is taken over. Any other would let it write into the log."""

log = structlog.stdlib.get_logger("rushes.http")


class Record:
    """Gives every request an id, which its log lines and its answer bear. Paths are logged; queries and keys never."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if ACCEPTED.fullmatch(given) else uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        # Not unbound at the end: the handler of bugs logs after this, in the same task, which ends with the request.
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status, started = 500, time.monotonic()

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            took_ms = round((time.monotonic() - started) * 1000)
            method, path = scope["method"], scope["path"]
            note = log.info if status >= 400 or method not in ("GET", "HEAD") else log.debug
            note("answered", method=method, path=path, status=status, took_ms=took_ms, caller=state.get("caller"))
