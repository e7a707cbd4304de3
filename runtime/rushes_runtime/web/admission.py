"""The keys, asked for before anything of a request's body is read."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asgi

from rushes_runtime.settings import Opened, Scope
from rushes_runtime.web.health import BARE
from rushes_runtime.web.keys import Keys, Refusal
from rushes_runtime.web.problems import problem

STATUS = {"unauthenticated": 401, "forbidden": 403, "too_many": 429}
READING = ("GET", "HEAD", "OPTIONS")
ADMIN = ("/v1/dead-letters", "/v1/reindex", "/v1/admin")
"""Paths below which everything needs the scope `admin`."""
QUESTIONS = ("/v1/search",)
"""Paths where a POST only asks."""


KEYED: dict[str, Opened] = {
    "/metrics": "metrics",
    "/docs": "docs",
    "/docs/oauth2-redirect": "docs",
    "/redoc": "docs",
    "/openapi.json": "docs",
    "/readyz": "readyz",
}
"""Paths that need a key of any scope where other machines reach the server, unless RUSHES_HTTP__PUBLIC names them.
`/readyz` answers its status without one."""


def scope_needed(method: str, path: str) -> Scope | None:
    """The scope that a request needs. None: none, though perhaps a key."""
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
        if scope["type"] == "http" and (refusal := await self._refusal(scope)) is not None:
            await _refused(refusal)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _refusal(self, scope: Asgi) -> Refusal | None:
        """Why a request is not let through. What is let through has its caller in its state."""
        path, state = scope["path"], scope.setdefault("state", {})
        needed = scope_needed(scope["method"], path)
        if needed is None and (path not in KEYED or not self._keys.guard(KEYED[path])):
            return None
        client = scope.get("client")
        try:
            authorization = Headers(scope=scope).get("authorization")
            state["caller"] = await self._keys.admit(authorization, needed, client[0] if client else "somebody")
        except Refusal as refusal:
            if path != "/readyz":
                return refusal
            state[BARE] = True
        return None


def _refused(refusal: Refusal) -> ASGIApp:
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind == "unauthenticated" else {}
    if refusal.retry_after_s:
        headers["Retry-After"] = str(refusal.retry_after_s)
    return problem(STATUS[refusal.kind], str(refusal), refusal.kind, **headers)
