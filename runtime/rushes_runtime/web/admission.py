"""The keys, asked for before anything of a request's body is read."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asgi

from rushes_runtime.settings import Scope
from rushes_runtime.web.keys import Keys, Refusal
from rushes_runtime.web.problems import problem

STATUS = {"unauthenticated": 401, "forbidden": 403, "too_many": 429}
READING = ("GET", "HEAD", "OPTIONS")
ADMIN = ("/v1/dead-letters", "/v1/reindex", "/v1/admin")
"""Paths below which everything needs the scope `admin`."""
QUESTIONS = ("/v1/search",)
"""Paths where a POST only asks."""


def scope_needed(method: str, path: str) -> Scope | None:
    """The scope that a request needs. None: health, metrics and the API's own description are everybody's."""
    if not path.startswith("/v1/"):
        return None
    if any(path == prefix or path.startswith(prefix + "/") for prefix in ADMIN):
        return "admin"
    reads = method in READING and not path.startswith("/v1/uploads")
    return "read" if reads or (method == "POST" and path in QUESTIONS) else "write"


class Admission:
    """Answers 401, 403 and 429; what is let through goes on to the app, with `caller` in its state."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Asgi, receive: Receive, send: Send) -> None:
        needed = scope_needed(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if needed is not None:
            client = scope.get("client")
            try:
                authorization = Headers(scope=scope).get("authorization")
                caller = await self._keys.admit(authorization, needed, client[0] if client else "somebody")
            except Refusal as refusal:
                await _refused(refusal)(scope, receive, send)
                return
            scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)


def _refused(refusal: Refusal) -> ASGIApp:
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind == "unauthenticated" else {}
    if refusal.retry_after_s:
        headers["Retry-After"] = str(refusal.retry_after_s)
    return problem(STATUS[refusal.kind], str(refusal), refusal.kind, **headers)
