"""The door: `POST /v1/uploads` and `/v1/uploads/from-uri`."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect

from rushes_ingest.accept import Acceptance, Accepted
from rushes_ingest.disk_space import Quota, check_room
from rushes_ingest.multipart import Part, PartEnd, Piece, pieces
from rushes_ingest.said import FIELDS, event_of
from rushes_ingest.settings import IngestSettings
from rushes_ingest.sources import Sources
from rushes_ingest.store import Source, store
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_schemas.events import VideoUploaded
from rushes_schemas.uris import redacted

FIELD_LIMIT = 1 << 20


def uploads(acceptance: Acceptance, settings: IngestSettings, sources: Sources) -> APIRouter:
    """The routes. Each answers once the event is acknowledged, never before."""
    router = APIRouter(prefix="/v1/uploads", tags=["ingest"])
    blobs = acceptance.blobs

    @router.post("", status_code=202, openapi_extra={"requestBody": _form()}, responses=_NO_ROOM)
    async def upload(request: Request) -> Accepted:
        """Take in a video: its bytes are stored as they arrive and looked at before anything is promised."""
        check_room(blobs.folder, int(request.headers.get("content-length", "0")), settings.keep_free)
        form = await _Form.read(request, blobs, settings)
        return await acceptance.accept(form.source, event_of(form.source.uri, form.fields))

    @router.post("/from-uri", status_code=202)
    async def from_uri(event: VideoUploaded) -> Accepted:
        """Have a video fetched from a `file:`, `s3:` or `https:` URI."""
        await sources.check(event.uri)
        accepted_at = await acceptance.announce(event)
        status_url = f"/v1/videos?{urlencode({'uri': redacted(event.uri)})}"
        return Accepted(video_id=None, status_url=status_url, accepted_at=accepted_at)

    return router


_NO_ROOM: dict[int | str, dict[str, Any]] = {507: {"description": "The disk has no room for it"}}


class _Form:
    """A form whose file is stored and whose other fields are kept."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self._source: Source | None = None

    @property
    def source(self) -> Source:
        if self._source is None:
            raise InvalidError("bad_request", "the upload has no part named file")
        return self._source

    @classmethod
    async def read(cls, request: Request, blobs: Blobs, settings: IngestSettings) -> "_Form":
        """Read a request. Raises InvalidError for what is no upload, or no longer one."""
        form = cls()
        body = pieces(request.headers.get("content-type", ""), request.stream())
        try:
            async for piece in body:
                if isinstance(piece, Part) and piece.name == "file":
                    name = piece.filename or "the upload"
                    form.fields["filename"] = piece.filename
                    quota = Quota(name, blobs.folder, settings.max_size, settings.keep_free)
                    form._source = await store(blobs, _data(body), quota)
                elif isinstance(piece, Part):
                    form.fields[piece.name] = await _text(body, piece.name)
        except ClientDisconnect:
            raise InvalidError("bad_request", "the upload ended before it was complete") from None
        return form


async def _data(body: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
    """The bytes of the part that has begun."""
    async for piece in body:
        if isinstance(piece, PartEnd):
            return
        assert isinstance(piece, bytes)
        yield piece
    raise InvalidError("bad_request", "the upload ended before its file was complete")


async def _text(body: AsyncIterator[Piece], name: str) -> str:
    value = b""
    async for data in _data(body):
        value += data
        if len(value) > FIELD_LIMIT:
            raise InvalidError("bad_request", f"the field {name} is longer than {FIELD_LIMIT:,} bytes")
    return value.decode(errors="replace")


def _form() -> dict[str, Any]:
    text = {"type": "string"}
    properties = {"file": {"type": "string", "format": "binary"}} | dict.fromkeys(FIELDS, text)
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
