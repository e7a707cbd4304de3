"""What a browser may do with an answer: show it, play it, and nothing else.

Much of what is answered under `/v1/` comes from whoever uploaded a video: the media, their pictures, their words and
their metadata. Opened on its own, in a tab, none of it may run a script or load anything in this server's name.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/v1/"
POLICY = "sandbox; default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'"
"""A document without an origin, scripts or forms. Media and pictures of this server are let in since a browser that
opens a film on its own puts it into a page of its own making, which has inline styles."""


class Untrusted:
    """Forbids browsers to guess media types, in every answer; and in the API's, to run anything. An answer that has a
    policy of its own keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                if scope["path"].startswith(API):
                    headers.setdefault("Content-Security-Policy", POLICY)
            await send(message)

        await self._app(scope, receive, guarded)
