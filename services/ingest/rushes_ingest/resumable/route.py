"""A route of tus, and what the OpenAPI document says of its answers."""

from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from rushes_ingest.resumable.headers import CONTENT_TYPE, VERSION


class TusRoute(APIRoute):
    """Tells the version in every answer, and wants it told in every request but OPTIONS and GET. A request may name
    another method than the one it came by, for clients and proxies that know only GET and POST."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Starlette's hook."""
        return super().matches({**scope, "method": _meant(scope)} if scope["type"] == "http" else scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starlette's hook."""
        # A copy: the server looks into its own to see whether the client, who sent HEAD or not, expects a body.
        scope = {**scope, "method": _meant(scope)}

        async def versioned(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Tus-Resumable"] = VERSION
            await send(message)

        await super().handle(scope, receive, versioned)

    def get_route_handler(self) -> Any:
        """FastAPI's hook."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            spoken = request.headers.get("tus-resumable")
            if request.method not in ("OPTIONS", "GET") and spoken != VERSION:
                sentence = f"Tus-Resumable is {spoken!r}; this server speaks {VERSION}."
                raise HTTPException(412, sentence, {"Tus-Version": VERSION})
            response: Response = await handle(request)
            return response

        return checked


def _meant(scope: Scope) -> str:
    return Headers(scope=scope).get("x-http-method-override", scope["method"]).upper()


def answers(status: int, *headers: str) -> dict[int | str, dict[str, Any]]:
    """An answer in the document, with its headers."""
    described = {name: {"schema": {"type": "string"}} for name in (*headers, "Tus-Resumable")}
    return {status: {"description": _SAY[status], "headers": described}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Errors in the document."""
    return {key: value for status in statuses for key, value in answers(status).items()}


_SAY = {
    200: "How the upload stands",
    201: "The upload may begin",
    204: "Done",
    409: "The upload stands elsewhere",
    412: "Another version of tus",
    413: "Larger than is taken, or than was announced",
    415: "Not sent as bytes",
    423: "Another request is writing",
    429: "The caller has too many unfinished uploads, or too many requests",
    460: "The bytes are not those of the checksum",
    507: "The disk has no room for it",
}

BODY = {
    "requestBody": {"required": True, "content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
"""A request's body in the document."""
