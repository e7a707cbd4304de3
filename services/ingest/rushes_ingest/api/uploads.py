"""`POST /v1/uploads` and `POST /v1/uploads/from-uri`."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect

from rushes_ingest.api.multipart import FormPart, FormPartEnd, FormPiece, read_form
from rushes_ingest.disk_space import Quota, check_disk_space
from rushes_ingest.settings import IngestSettings
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.store import store
from rushes_ingest.upload_metadata import TEXT_FIELDS, field_text, uploaded_event
from rushes_ingest.upload_service import UploadService
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_schemas.api import Accepted
from rushes_schemas.artefacts import Source
from rushes_schemas.events import VideoUploaded
from rushes_schemas.uris import redacted

MAX_TEXT_BYTES = 1 << 18
"""Limit on the bytes of all fields of a form besides the file, unknown ones included."""


def upload_routes(upload_service: UploadService, settings: IngestSettings, policy: UriPolicy) -> APIRouter:
    """Return the routes. Each answers after the broker has acknowledged the event."""
    router = APIRouter(prefix="/v1/uploads", tags=["ingest"])
    blobs = upload_service.blobs

    @router.post("", status_code=202, openapi_extra={"requestBody": _form_schema()}, responses=_RESPONSES)
    async def upload(request: Request) -> Accepted:
        """Upload a video. Its bytes are stored as they arrive, and checked before the response."""
        # An early refusal for most clients. The quota holds for all, whatever length they announce.
        check_disk_space(blobs.folder, int(request.headers.get("content-length", "0")), settings.keep_free)
        form = await _UploadForm.read(request, blobs, settings)
        return await upload_service.accept(form.source, uploaded_event(form.source.uri, form.fields))

    @router.post("/from-uri", status_code=202)
    async def from_uri(event: VideoUploaded) -> Accepted:
        """Add a video from a `file:`, `s3:` or `https:` URI. It is fetched after the response."""
        await policy.check(event.uri)
        accepted_at = await upload_service.announce(event)
        # The video's id is not known before its bytes are.
        status_url = f"/v1/videos?{urlencode({'uri': redacted(event.uri)})}"
        return Accepted(video_id=None, status_url=status_url, accepted_at=accepted_at)

    return router


_RESPONSES: dict[int | str, dict[str, Any]] = {507: {"description": "The server's disk is full"}}


class _UploadForm:
    """A form whose file is stored while it is read. The other fields are kept in memory."""

    def __init__(self, keep: Callable[[int], None]) -> None:
        """`keep` is called with the number of bytes of the form that stay in memory."""
        self.fields: dict[str, str] = {}
        self._keep = keep
        self._text_size = 0
        self._source: Source | None = None

    @property
    def source(self) -> Source:
        if self._source is None:
            raise InvalidError("bad_request", "the upload has no part named file")
        return self._source

    @classmethod
    async def read(cls, request: Request, blobs: Blobs, settings: IngestSettings) -> "_UploadForm":
        """Read a request. Raises InvalidError for a wrong or incomplete form, of which nothing is stored."""
        form = cls(request.state.keep)
        body = read_form(request.headers.get("content-type", ""), request.stream())
        try:
            async for piece in body:
                if isinstance(piece, FormPart) and piece.name == "file":
                    name = piece.filename or "the upload"
                    form.fields["filename"] = piece.filename or ""
                    quota = Quota(name, blobs.folder, settings.max_size, settings.keep_free)
                    form._source = await store(blobs, form._file_and_rest(body), quota)
                elif isinstance(piece, FormPart):
                    await form._take(piece, body)
        except ClientDisconnect:
            raise InvalidError("bad_request", "the upload ended before it was complete") from None
        return form

    async def _file_and_rest(self, body: AsyncIterator[FormPiece]) -> AsyncIterator[bytes]:
        """Yield the bytes of the file, and read the other fields before the end. If they are wrong, `store` gets the
        error and stores nothing."""
        async for data in _part_data(body):
            yield data
        async for piece in body:
            if isinstance(piece, FormPart) and piece.name == "file":
                raise InvalidError("bad_request", "the upload has several parts named file; send each file by itself")
            if isinstance(piece, FormPart):
                await self._take(piece, body)
        uploaded_event("x:", self.fields)  # raises for wrong fields; the URI is a placeholder

    async def _take(self, part: FormPart, body: AsyncIterator[FormPiece]) -> None:
        """Read a part that is not the file. Unknown fields count towards the limit and are dropped."""
        value = bytearray()
        async for data in _part_data(body):
            self._text_size += len(data)
            if self._text_size > MAX_TEXT_BYTES:
                raise InvalidError(
                    "bad_request", f"the fields besides the file have more than {MAX_TEXT_BYTES:,} bytes"
                )
            if part.name in TEXT_FIELDS:
                self._keep(len(data))
                value += data
        if part.name in TEXT_FIELDS:
            self.fields[part.name] = field_text(part.name, bytes(value))


async def _part_data(body: AsyncIterator[FormPiece]) -> AsyncIterator[bytes]:
    """Yield the bytes of the current part."""
    async for piece in body:
        if isinstance(piece, FormPartEnd):
            return
        assert isinstance(piece, bytes)
        yield piece
    raise InvalidError("bad_request", "the upload ended before its file was complete")


def _form_schema() -> dict[str, Any]:
    text = {"type": "string"}
    properties = {"file": {"type": "string", "format": "binary"}} | dict.fromkeys(TEXT_FIELDS, text)
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
