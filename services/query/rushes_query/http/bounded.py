"""A bound on what a request may send."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from rushes_query.ask import MAX_IMAGE_BYTES

MAX_BODY = MAX_IMAGE_BYTES + 64 * 1024
"""A picture of the largest size, and the form around it."""


class BoundedRoute(APIRoute):
    """Answers 413 as soon as a body is longer than MAX_BODY: the form parser would write all of it to a file."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            return await handle(Request(request.scope, _at_most(MAX_BODY, request.receive)))

        return bounded


def _at_most(limit: int, receive: Receive) -> Receive:
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413, f"The request has more than {limit} bytes.")
        return message

    return bounded
