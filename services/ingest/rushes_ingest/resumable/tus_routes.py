"""The door: `/v1/uploads/resumable`, as tus 1.0.0 has it (core, creation, checksum, termination, expiration)."""

from email.utils import formatdate
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request, Response

from rushes_ingest.resumable.receive import ResumableUploads
from rushes_ingest.resumable.spool import SpooledUpload
from rushes_ingest.resumable.tus import (
    ALGORITHMS,
    CONTENT_TYPE,
    EXTENSIONS,
    REQUEST_BODY,
    VERSION,
    TusRoute,
    describe_errors,
    describe_response,
    parse_checksum,
    parse_metadata,
)
from rushes_ingest.settings import IngestSettings
from rushes_schemas.api import UploadState

PATH = "/v1/uploads/resumable"

OffsetHeader = Annotated[int, Header(ge=0, description="How many bytes the server has, as it said last")]
LengthHeader = Annotated[int, Header(ge=1, description="Bytes of the whole file")]
ChecksumHeader = Annotated[
    str | None, Header(description="Algorithm and digest in Base64: `sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`")
]
MetadataHeader = Annotated[
    str | None, Header(description="`filename`, `title`, `description`, `language`, `metadata`, each with Base64")
]


def resumable_routes(uploads: ResumableUploads, settings: IngestSettings) -> APIRouter:
    """The routes. The request that brings the last byte is answered once the event is acknowledged, never before."""
    router = APIRouter(prefix=PATH, tags=["ingest"], route_class=TusRoute)

    def standing(upload: SpooledUpload, status: int) -> Response:
        headers = {"Upload-Offset": str(uploads.spool.offset(upload)), "Upload-Length": str(upload.length)}
        headers |= {"Cache-Control": "no-store"} | expiry(upload)
        return Response(status_code=status, headers=headers)

    def expiry(upload: SpooledUpload) -> dict[str, str]:
        """A complete upload is a video, which does not expire."""
        expires_at = uploads.spool.expires_at(upload)
        return {} if upload.accepted else {"Upload-Expires": formatdate(expires_at, usegmt=True)}

    @router.options(
        "", status_code=204, responses=describe_response(204, "Tus-Version", "Tus-Extension", "Tus-Max-Size")
    )
    async def abilities() -> Response:
        """What of tus there is."""
        told = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(settings.max_size)}
        return Response(status_code=204, headers=told | {"Tus-Checksum-Algorithm": ",".join(ALGORITHMS)})

    @router.post("", status_code=201, responses=_CREATE_RESPONSES)
    async def create(request: Request, upload_length: LengthHeader, upload_metadata: MetadataHeader = None) -> Response:
        """Announce an upload. Its bytes go to the `Location` that is answered, until `Upload-Expires`, which each of
        them puts off."""
        owner = str(getattr(request.state, "caller", "somebody"))
        upload = await uploads.create(upload_length, parse_metadata(upload_metadata), owner)
        headers = {"Location": f"{PATH}/{upload.id}", "Upload-Offset": "0"}
        return Response(status_code=201, headers=headers | expiry(upload))

    @router.get("/{id}")
    async def state(id: str) -> UploadState:
        """How an upload stands; of a complete one, which video it is."""
        upload = uploads.spool.find(id)
        offset = uploads.spool.offset(upload)
        return UploadState(id=id, length=upload.length, offset=offset, accepted=upload.accepted)

    @router.head(
        "/{id}",
        responses=describe_response(200, "Upload-Offset", "Upload-Length", "Upload-Expires") | describe_errors(412),
    )
    async def head(id: str) -> Response:
        """From where on to send."""
        return standing(uploads.spool.find(id), 200)

    @router.patch("/{id}", status_code=204, responses=_PATCH_RESPONSES, openapi_extra=REQUEST_BODY)
    async def patch(
        id: str, request: Request, upload_offset: OffsetHeader, upload_checksum: ChecksumHeader = None
    ) -> Response:
        """Send bytes. With the last one, the video is looked at and taken in."""
        if request.headers.get("content-type") != CONTENT_TYPE:
            raise HTTPException(415, f"Send bytes as {CONTENT_TYPE}.")
        return standing(await uploads.take(id, upload_offset, request.stream(), parse_checksum(upload_checksum)), 204)

    @router.delete("/{id}", status_code=204, responses=describe_response(204) | describe_errors(412, 423))
    async def terminate(id: str) -> Response:
        """Give an upload up. The video of a complete one stays."""
        uploads.remove(id)
        return Response(status_code=204)

    return router


_CREATE_RESPONSES = describe_response(201, "Location", "Upload-Offset", "Upload-Expires") | describe_errors(
    412, 413, 429, 507
)
_PATCH_RESPONSES = describe_response(204, "Upload-Offset", "Upload-Length", "Upload-Expires") | describe_errors(
    409, 412, 413, 415, 423, 460, 507
)
