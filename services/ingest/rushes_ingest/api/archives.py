"""`GET /v1/archive` and `POST /v1/uploads/archive`: moving videos from one installation to another."""

import tarfile
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from rushes_ingest.archive.importing import ArchiveImporter
from rushes_ingest.archive.tar_reader import BLOCK
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import find_source, is_planned, source_key
from rushes_ingest.upload_service import UploadService
from rushes_runtime.artefacts import video_prefix
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import InvalidError
from rushes_schemas.api import Accepted, Imported
from rushes_schemas.events import VideoUploaded


async def archive_of(blobs: Blobs, video_ids: Sequence[str], with_source: bool) -> AsyncIterator[bytes]:
    """The archive of these videos, piece by piece. Raises BlobMissing in the middle where one is deleted meanwhile."""
    for video_id in video_ids:
        for key in await _video_keys(blobs, video_id, with_source):
            async for piece in _member(blobs, key):
                yield piece
    yield bytes(2 * BLOCK)


async def _video_keys(blobs: Blobs, video_id: str, with_source: bool) -> list[str]:
    """The note on the bytes comes last, as it is written last: where it is, the video is whole."""
    source = source_key(video_id)
    keys = [key async for key in blobs.list(video_prefix(video_id)) if with_source or key != source]
    return sorted(keys, key=lambda key: (key == f"{source}.json", key))


async def _member(blobs: Blobs, key: str) -> AsyncIterator[bytes]:
    entry = tarfile.TarInfo(key)
    entry.size = size = await blobs.size(key)
    entry.mode = 0o644
    yield entry.tobuf(tarfile.GNU_FORMAT)
    async for piece in blobs.stream(key, 0, size) if size else _nothing():
        yield piece
    yield bytes(-size % BLOCK)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


TAR = "application/x-tar"


_EXPORT_RESPONSES: dict[int | str, dict[str, object]] = {
    200: {"content": {TAR: {}}},
    404: {"description": "One of the videos is not there"},
}


def archive_routes(acceptance: UploadService, settings: IngestSettings) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["ingest"])
    blobs = acceptance.blobs
    importer = ArchiveImporter(blobs, acceptance.check, settings)

    @router.get("/v1/archive", response_class=StreamingResponse, responses=_EXPORT_RESPONSES)
    async def export(
        video_id: Annotated[list[str] | None, Query(description="Only these videos; all, if none is named.")] = None,
        source: Annotated[bool, Query(description="With the videos' own files.")] = True,
    ) -> StreamingResponse:
        """Videos with all that was made of them, as a tar archive. What was not found to be a video yet is none."""
        ids = [folder.rsplit("/", 1)[-1] async for folder in blobs.folders("videos")] if video_id is None else video_id
        stored = [id for id in sorted(ids) if await find_source(blobs, id) is not None and await is_planned(blobs, id)]
        for id in video_id or ():
            if id not in stored:
                raise HTTPException(404, f"There is no video {id!r}.")
        headers = {"Content-Disposition": 'attachment; filename="rushes.tar"'}
        return StreamingResponse(archive_of(blobs, stored, source), headers=headers, media_type=TAR)

    @router.post(
        "/v1/uploads/archive", status_code=202, openapi_extra={"requestBody": _tar()}, responses=_IMPORT_RESPONSES
    )
    async def imports(request: Request) -> Imported:
        """Take in the videos of an archive, compressed or not. What was made of them is found and not made again, as
        far as this installation's settings are those that it was made with."""
        accepted = []
        for found in await importer.import_archive(_body(request), now_ms()):
            event = VideoUploaded(uri=found.uri, generation=found.generation)
            at = await acceptance.announce(event, found.video_id)
            status_url = f"/v1/videos/{found.video_id}"
            accepted.append(Accepted(video_id=found.video_id, status_url=status_url, accepted_at=at))
        return Imported(videos=accepted)

    return router


_IMPORT_RESPONSES: dict[int | str, dict[str, object]] = {507: {"description": "The disk has no room for it"}}


async def _body(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise InvalidError("bad_request", "the archive ended before it was complete") from None


def _tar() -> dict[str, object]:
    return {"required": True, "content": {TAR: {"schema": {"type": "string", "format": "binary"}}}}
