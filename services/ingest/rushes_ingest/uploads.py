"""The door: `POST /v1/uploads` and `/v1/uploads/from-uri`."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import urlencode

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from rushes_ingest.fetch import allow
from rushes_ingest.multipart import Part, PartEnd, Piece, pieces
from rushes_ingest.pending import note
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import Source, forget, store
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import BrokerUnavailable, InvalidError
from rushes_schemas.events import VideoUploaded

FIELD_LIMIT = 1 << 20
FIELDS = ("title", "description", "language", "metadata")

Publish = Callable[[VideoUploaded], Awaitable[object]]


class Accepted(BaseModel):
    """The event is acknowledged by the broker. `video_id` is None while the bytes have not been fetched."""

    video_id: str | None
    status_url: str
    accepted_at: int
    """Milliseconds since the Unix epoch. A record whose `ingest.at` is older speaks of an earlier upload."""


class Check(Protocol):
    """Raises InvalidError unless a stored video looks playable; `name` is what the error calls it."""

    async def __call__(self, key: str, name: str) -> None: ...


def uploads(blobs: Blobs, settings: IngestSettings, check: Check, publish: Publish) -> APIRouter:
    """The routes. Each answers once the event is acknowledged, never before."""
    router = APIRouter(prefix="/v1/uploads", tags=["ingest"])

    @router.post("", status_code=202, openapi_extra={"requestBody": _form()})
    async def upload(request: Request) -> Accepted:
        """Take in a video: its bytes are stored as they arrive and looked at before anything is promised."""
        form = await _Form.read(request, blobs, settings)
        event = form.event()
        await _looked_at(blobs, form.source, check, event)
        accepted_at = await _announce(blobs, publish, event)
        video_id = form.source.video_id
        return Accepted(video_id=video_id, status_url=f"/v1/videos/{video_id}", accepted_at=accepted_at)

    @router.post("/from-uri", status_code=202)
    async def from_uri(event: VideoUploaded) -> Accepted:
        """Have a video fetched from a `file:`, `s3:` or `https:` URI."""
        allow(event.uri, settings)
        accepted_at = await _announce(blobs, publish, event)
        status_url = f"/v1/videos?{urlencode({'uri': event.uri})}"
        return Accepted(video_id=None, status_url=status_url, accepted_at=accepted_at)

    return router


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
                    form._source = await store(blobs, _data(body), name, settings.max_size)
                elif isinstance(piece, Part):
                    form.fields[piece.name] = await _text(body, piece.name)
        except ClientDisconnect:
            raise InvalidError("bad_request", "the upload ended before it was complete") from None
        return form

    def event(self) -> VideoUploaded:
        """What is to be published. Raises InvalidError naming the field that is wrong."""
        said = {name: value for name, value in self.fields.items() if value and name in (*FIELDS, "filename")}
        try:
            if "metadata" in said:
                said["metadata"] = json.loads(said["metadata"])
            return VideoUploaded(uri=self.source.uri, **said)
        except json.JSONDecodeError as error:
            raise InvalidError("bad_request", f"metadata is no JSON object: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            raise InvalidError("bad_request", f"{first['loc'][0]}: {first['msg']}") from error


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


async def _looked_at(blobs: Blobs, source: Source, check: Check, event: VideoUploaded) -> None:
    try:
        await check(source.key, event.filename or "the upload")
    except InvalidError:
        await forget(blobs, source)
        raise


async def _announce(blobs: Blobs, publish: Publish, event: VideoUploaded) -> int:
    accepted_at = now_ms()
    event = event.model_copy(update={"accepted_at": accepted_at})
    await note(blobs, event)
    try:
        await publish(event)
    except KafkaError as error:
        raise BrokerUnavailable("the broker does not take the upload's event; try again in a while") from error
    return accepted_at


def _form() -> dict[str, Any]:
    text = {"type": "string"}
    properties = {"file": {"type": "string", "format": "binary"}} | dict.fromkeys(FIELDS, text)
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
