"""Whom a request is addressed to, and which web page sends it: no page may use this server behind its visitor's back.

A page of any site can have a browser send requests to servers that only the visitor reaches, and, with a name that is
pointed at such a server (DNS rebinding), read the answers. So the `Host` header must name this server, and what a
browser says of the page (`Origin`, `Sec-Fetch-Site`) must be this server or an origin in `RUSHES_HTTP__CORS_ORIGINS`.
"""

import socket
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.health import BARE
from rushes_runtime.web.keys import is_loopback
from rushes_runtime.web.problems import problem

PROBES = ("/healthz", "/readyz")
"""Asked by the address of the machine or the pod, whatever that is."""
EXPORTS = ("/v1/archive",)
"""Paths where a GET hands out everything."""
READING = ("GET", "HEAD")


def matches(host: str, patterns: Iterable[str]) -> bool:
    """Whether a host is one of these: `example.org`, `*.example.org` for all below it, `*` for every one."""
    host = host.lower()
    return any(
        pattern in ("*", host) or (pattern.startswith("*.") and host.endswith(pattern[1:]))
        for pattern in map(str.lower, patterns)
    )


class Addressed:
    """Answers 421 to a request for another host, and 403 to one that a page of another site sends."""

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        self._app = app
        self._settings = settings
        self._is_loopback = is_loopback(settings.host)
        self._own = {socket.gethostname().lower(), settings.host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := self._refusal(scope)) is not None:
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers, path = Headers(scope=scope), scope["path"]
        if path == "/healthz":
            return None
        host = headers.getlist("host")[0] if len(headers.getlist("host")) == 1 else ""
        if not self.is_ours(_name(host)):
            if path in PROBES:
                scope.setdefault("state", {})[BARE] = True
                return None
            sentence = f"This server is not {host[:253]!r}: name it in RUSHES_HTTP__ALLOWED_HOSTS if it is."
            return problem(421, sentence, "wrong_host")
        if not self._page_may(headers, host, scope["method"], path):
            sentence = "A page of another site may not send this: name its origin in RUSHES_HTTP__CORS_ORIGINS."
            return problem(403, sentence, "wrong_origin")
        return None

    def is_ours(self, name: str) -> bool:
        """Whether a host, without its port, is this server.

        On loopback it is loopback's names alone. Elsewhere a key protects, and every host is, unless some are named;
        without keys it has to be one that no stranger can point here: an address, a name without a dot, our own.
        """
        if matches(name, self._settings.allowed_hosts):
            return True
        if _is_loopback_name(name):
            return True
        if self._is_loopback or self._settings.allowed_hosts or not name:
            return False
        return bool(self._settings.keys) or "." not in name or name in self._own or _is_address(name)

    def _page_may(self, headers: Headers, host: str, method: str, path: str) -> bool:
        """Whether the page that a browser sends this for, if any, may have it sent. Other programs name none."""
        origins, origin = self._settings.cors_origins, headers.get("origin")
        site = headers.get("sec-fetch-site", "none")
        if site == "same-origin" or "*" in origins:
            return True
        if origin is not None:
            return origin in origins or origin.partition("://")[2].lower() == host.lower()
        if site == "none":
            return True
        if method not in READING or path in EXPORTS:
            return False
        # A link that is followed, a picture in a page of this machine or in one that may ask: pages can't read these.
        return site == "same-site" or headers.get("sec-fetch-mode") == "navigate" or bool(origins)


def _name(host: str) -> str:
    """A host without its port and brackets, in lower case; empty where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises ValueError where it is none
    except ValueError:
        return ""
    return "" if parts.username is not None or parts.netloc != host else (parts.hostname or "").removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback_name(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost") or (_is_address(name) and ip_address(name).is_loopback)
