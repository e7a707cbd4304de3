"""The tus protocol over HTTP: its headers, its routes at `/v1/uploads/resumable`, and their OpenAPI description."""

from base64 import b64decode
from email.utils import formatdate
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Request, Response
from fastapi.routing import APIRoute
from pydantic import BeforeValidator
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from rushes_ingest.resumable.receive import ALGORITHMS, ResumableUploads, UploadChecksum
from rushes_ingest.resumable.spool import Spool, SpooledUpload
from rushes_ingest.settings import IngestSettings
from rushes_ingest.upload_metadata import KNOWN_FIELDS, field_text
from rushes_runtime.errors import InvalidError
from rushes_schemas.api import UploadState

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,termination,expiration"
CONTENT_TYPE = "application/offset+octet-stream"


PATH = "/v1/uploads/resumable"


def _digits(value: object) -> object:
    """tus's numbers: `+5`, `5.0` and `1_000` are numbers for Python, but not for a proxy on the way."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError("write a number as digits only")
    return value


OffsetHeader = Annotated[
    int, BeforeValidator(_digits), Header(ge=0, description="The offset that the server returned last, in bytes")
]
LengthHeader = Annotated[int, BeforeValidator(_digits), Header(ge=1, description="Size of the whole file in bytes")]
ChecksumHeader = Annotated[
    str | None, Header(description="Algorithm and digest in Base64: `sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`")
]
MetadataHeader = Annotated[
    str | None, Header(description="`filename`, `title`, `description`, `language`, `metadata`, each with Base64")
]


def parse_checksum(header: str | None) -> UploadChecksum | None:
    """`Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`. Raises InvalidError."""
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidError("bad_request", f"Upload-Checksum: {algorithm!r} is none of {', '.join(ALGORITHMS)}")
    return UploadChecksum(algorithm, _decode_base64(digest, "Upload-Checksum"))


def parse_metadata(header: str | None) -> dict[str, str]:
    """`Upload-Metadata: filename ZmlsbS5tcDQ=,title QSBmaWxt`; unknown keys are ignored.

    Raises HTTPException 400 for what are no pairs, and InvalidError for a value that its field can't have.
    """
    pairs: dict[str, bytes] = {}
    for pair in header.split(",") if header and header.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not key or not key.isascii() or key in pairs:
            sentence = f"Upload-Metadata: {pair[:100]!a} is no key of its own with a value in Base64, as tus wants."
            raise HTTPException(400, sentence)
        try:
            pairs[key] = _decode_base64(value, f"Upload-Metadata {key}")
        except InvalidError as error:
            raise HTTPException(400, str(error)) from error
    return {key: field_text(key, value) for key, value in pairs.items() if key in KNOWN_FIELDS}


def _decode_base64(value: str, name: str) -> bytes:
    try:
        return b64decode(value.strip(), validate=True)
    except ValueError as error:  # binascii.Error for ASCII, and a plain one for what is not ASCII
        raise InvalidError("bad_request", f"{name}: {value[:100]!a} is not Base64") from error


class TusRoute(APIRoute):
    """A route that adds the version of tus to every response and requires it in every request but OPTIONS and GET.

    A request may override its method by `X-HTTP-Method-Override`, for clients and proxies that only allow GET and POST.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Starlette's hook."""
        return super().matches({**scope, "method": _method_of(scope)} if scope["type"] == "http" else scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starlette's hook."""
        # Copy the scope: the server reads the original method from its own, to decide whether HEAD expects a body.
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
            version = request.headers.get("tus-resumable")
            if request.method not in ("OPTIONS", "GET") and version != VERSION:
                sentence = f"Tus-Resumable is {version!r}; this server speaks {VERSION}."
                raise HTTPException(412, sentence, {"Tus-Version": VERSION})
            response: Response = await handle(request)
            return response

        return checked


def _method_of(scope: Scope) -> str:
    return Headers(scope=scope).get("x-http-method-override", scope["method"]).upper()


def describe_response(status: int, *headers: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of a response and its headers."""
    described = {name: {"schema": {"type": "string"}} for name in (*headers, "Tus-Resumable")}
    return {status: {"description": _DESCRIPTIONS[status], "headers": described}}


def describe_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI descriptions of error responses."""
    return {key: value for status in statuses for key, value in describe_response(status).items()}


_DESCRIPTIONS = {
    200: "The state of the upload",
    201: "The upload is created",
    204: "Done",
    400: "Upload-Metadata is no list of pairs",
    409: "The upload has another offset",
    412: "Another version of tus",
    413: "Larger than the limit, or than the announced length",
    415: "Not sent as bytes",
    423: "Another request writes to the upload",
    429: "The caller has too many unfinished uploads, or too many requests",
    460: "The bytes do not match the checksum",
    507: "The server's disk is full",
}

REQUEST_BODY = {
    "requestBody": {"required": True, "content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
"""The OpenAPI description of a request's body."""

_CREATE_RESPONSES = describe_response(201, "Location", "Upload-Offset", "Upload-Expires") | describe_errors(
    400, 412, 413, 429, 507
)
_PATCH_RESPONSES = describe_response(204, "Upload-Offset", "Upload-Length", "Upload-Expires") | describe_errors(
    409, 412, 413, 415, 423, 460, 507
)


def resumable_routes(uploads: ResumableUploads, settings: IngestSettings) -> APIRouter:
    """Return the routes. The request with the last byte is answered after the broker has acknowledged the event."""
    router = APIRouter(prefix=PATH, tags=["ingest"], route_class=TusRoute)

    @router.options(
        "", status_code=204, responses=describe_response(204, "Tus-Version", "Tus-Extension", "Tus-Max-Size")
    )
    async def abilities() -> Response:
        """Return the version and the extensions of tus that the server supports."""
        headers = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(settings.max_size)}
        return Response(status_code=204, headers=headers | {"Tus-Checksum-Algorithm": ",".join(ALGORITHMS)})

    @router.post("", status_code=201, responses=_CREATE_RESPONSES)
    async def create(request: Request, upload_length: LengthHeader, upload_metadata: MetadataHeader = None) -> Response:
        """Create an upload. Send its bytes to the `Location` in the response, before `Upload-Expires`, which every
        request with bytes extends."""
        owner = str(getattr(request.state, "caller", "somebody"))
        upload = await uploads.create(upload_length, parse_metadata(upload_metadata), owner)
        headers = {"Location": f"{PATH}/{upload.id}", "Upload-Offset": "0"}
        return Response(status_code=201, headers=headers | _expiry_headers(uploads.spool, upload))

    @router.get("/{id}")
    async def state(id: str) -> UploadState:
        """Return the state of an upload; of a completed one, also its video."""
        upload = uploads.spool.find(id)
        offset = uploads.spool.offset(upload)
        return UploadState(id=id, length=upload.length, offset=offset, accepted=upload.accepted)

    @router.head(
        "/{id}",
        responses=describe_response(200, "Upload-Offset", "Upload-Length", "Upload-Expires") | describe_errors(412),
    )
    async def head(id: str) -> Response:
        """Return the offset from which to continue."""
        return Response(headers=_offset_headers(uploads.spool, uploads.spool.find(id)))

    @router.patch("/{id}", status_code=204, responses=_PATCH_RESPONSES, openapi_extra=REQUEST_BODY)
    async def patch(
        id: str, request: Request, upload_offset: OffsetHeader, upload_checksum: ChecksumHeader = None
    ) -> Response:
        """Append bytes. With the last byte, the video is checked and accepted."""
        if request.headers.get("content-type") != CONTENT_TYPE:
            raise HTTPException(415, f"Send bytes as {CONTENT_TYPE}.")
        upload = await uploads.take(id, upload_offset, request.stream(), parse_checksum(upload_checksum))
        return Response(status_code=204, headers=_offset_headers(uploads.spool, upload))

    @router.delete("/{id}", status_code=204, responses=describe_response(204) | describe_errors(412, 423))
    async def terminate(id: str) -> Response:
        """Remove an upload. The video of a completed one stays."""
        uploads.remove(id)
        return Response(status_code=204)

    return router


def _offset_headers(spool: Spool, upload: SpooledUpload) -> dict[str, str]:
    headers = {"Upload-Offset": str(spool.offset(upload)), "Upload-Length": str(upload.length)}
    return headers | {"Cache-Control": "no-store"} | _expiry_headers(spool, upload)


def _expiry_headers(spool: Spool, upload: SpooledUpload) -> dict[str, str]:
    # A completed upload is a video, which does not expire.
    return {} if upload.accepted else {"Upload-Expires": formatdate(spool.expires_at(upload), usegmt=True)}
