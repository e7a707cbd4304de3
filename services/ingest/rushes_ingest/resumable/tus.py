"""The tus protocol over HTTP: its headers, its route class, and the OpenAPI description of its responses."""

import hashlib
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from rushes_ingest.upload_metadata import KNOWN_FIELDS, field_text
from rushes_runtime.errors import InvalidError

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,termination,expiration"
ALGORITHMS = ("sha1", "sha256", "md5")
CONTENT_TYPE = "application/offset+octet-stream"


@dataclass(frozen=True)
class UploadChecksum:
    """What the bytes of one request are to hash to."""

    algorithm: str
    digest: bytes

    def new(self) -> "hashlib._Hash":
        """A hash of this algorithm. It finds damage on the way; it is no defence against anybody."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def parse_checksum(header: str | None) -> UploadChecksum | None:
    """`Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`. Raises InvalidError."""
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidError("bad_request", f"Upload-Checksum: {algorithm!r} is none of {', '.join(ALGORITHMS)}")
    return UploadChecksum(algorithm, _decode_base64(digest, "Upload-Checksum"))


def parse_metadata(header: str | None) -> dict[str, str]:
    """`Upload-Metadata: filename ZmlsbS5tcDQ=,title QSBmaWxt`; unknown keys are not kept. Raises InvalidError."""
    pairs: dict[str, str] = {}
    for pair in (header or "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key:
            decoded = _decode_base64(value, f"Upload-Metadata {key}")
            if key in KNOWN_FIELDS:
                pairs[key] = field_text(key, decoded)
    return pairs


def _decode_base64(value: str, name: str) -> bytes:
    try:
        return b64decode(value.strip(), validate=True)
    except ValueError as error:  # binascii.Error for ASCII, and a plain one for what is not ASCII
        raise InvalidError("bad_request", f"{name}: {value[:100]!a} is not Base64") from error


class TusRoute(APIRoute):
    """Tells the version in every answer, and wants it told in every request but OPTIONS and GET. A request may name
    another method than the one it came by, for clients and proxies that know only GET and POST."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Starlette's hook."""
        return super().matches({**scope, "method": _method_of(scope)} if scope["type"] == "http" else scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starlette's hook."""
        # A copy: the server looks into its own to see whether the client, who sent HEAD or not, expects a body.
        scope = {**scope, "method": _method_of(scope)}

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


def _method_of(scope: Scope) -> str:
    return Headers(scope=scope).get("x-http-method-override", scope["method"]).upper()


def describe_response(status: int, *headers: str) -> dict[int | str, dict[str, Any]]:
    """An answer in the document, with its headers."""
    described = {name: {"schema": {"type": "string"}} for name in (*headers, "Tus-Resumable")}
    return {status: {"description": _DESCRIPTIONS[status], "headers": described}}


def describe_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Errors in the document."""
    return {key: value for status in statuses for key, value in describe_response(status).items()}


_DESCRIPTIONS = {
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

REQUEST_BODY = {
    "requestBody": {"required": True, "content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
"""A request's body in the document."""
