"""JSON bodies, looked at before the application parses them: how large, how deep, and whether it is JSON at all."""

from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rushes_runtime.web.problems import problem

MOST_JSON = 1024 * 1024
"""Bytes of a JSON body: 25,000 ids, or four times what can be said of a video."""


class JsonBodies:
    """Answers 413 to a JSON body that is too large, and 422 to one that is no JSON.

    Python's parser, which the application has, recurses as deep as the body is nested, and takes numbers and texts that
    JSON does not have: NaN, half of a surrogate pair. pydantic's refuses them, and what is nested deeper than 200
    levels. A body is parsed twice therefore, which takes some milliseconds at the most.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_json(Headers(scope=scope).get("content-type", "")):
            await self._app(scope, receive, send)
            return
        try:
            body = await _read(scope, receive)
        except ClientDisconnect:
            return
        except HTTPException as error:  # the body comes too slowly, or is too large; nobody catches it out here
            await problem(error.status_code, str(error.detail), **(error.headers or {}))(scope, receive, send)
            return
        if body is None:
            sentence = f"The request's body has more than {MOST_JSON:,} bytes, which is too much for JSON."
            await problem(413, sentence, "too_large")(scope, receive, send)
        elif fault := _fault(body):
            await problem(422, f"body: JSON decode error: {fault}", "bad_request")(scope, receive, send)
        else:
            await self._app(scope, _once_more(body, receive), send)


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


async def _read(scope: Scope, receive: Receive) -> bytes | None:
    """The body; None for one that is too large."""
    pieces, size = list[bytes](), 0
    async for piece in Request(scope, receive).stream():
        pieces.append(piece)
        size += len(piece)
        if size > MOST_JSON:
            return None
    return b"".join(pieces)


def _fault(body: bytes) -> str | None:
    try:
        if body:
            from_json(body, allow_inf_nan=False, cache_strings=False)
    except ValueError as error:
        return str(error)
    return None


def _once_more(body: bytes, receive: Receive) -> Receive:
    """The body once, then whatever comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
