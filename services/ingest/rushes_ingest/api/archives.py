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
from rushes_ingest.store import is_planned
from rushes_ingest.upload_service import UploadService, accepted_video
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import InvalidError
from rushes_runtime.generations import find_source
from rushes_schemas.api import Imported
from rushes_schemas.artefacts import source_key, source_note_key, video_prefix
from rushes_schemas.events import VideoUploaded


async def archive_of(blobs: Blobs, video_ids: Sequence[str], with_source: bool) -> AsyncIterator[bytes]:
    """Yield a tar archive of these videos: everything that the blob store has of them, under the same names.

    The index is not part of it, because it is made again from the artefacts. Raises BlobMissing, in the middle, if a
    video is deleted meanwhile.
    """
    for video_id in video_ids:
        for key in await _video_keys(blobs, video_id, with_source):
            async for piece in _member(blobs, key):
                yield piece
    yield bytes(2 * BLOCK)  # the end mark of tar


async def _video_keys(blobs: Blobs, video_id: str, with_source: bool) -> list[str]:
    source = source_key(video_id)
    keys = [key async for key in blobs.list(video_prefix(video_id)) if with_source or key != source]
    # The note on the bytes comes last, as in the store: an archive that is cut short lacks it.
    return sorted(keys, key=lambda key: (key == source_note_key(video_id), key))


async def _member(blobs: Blobs, key: str) -> AsyncIterator[bytes]:
    entry = tarfile.TarInfo(key)
    entry.size = size = await blobs.size(key)
    entry.mode = 0o644
    yield entry.tobuf(tarfile.GNU_FORMAT)
    if size:
        async for piece in blobs.stream(key, 0, size):
            yield piece
    yield bytes(-size % BLOCK)


TAR = "application/x-tar"

_EXPORT_RESPONSES: dict[int | str, dict[str, object]] = {
    200: {"content": {TAR: {}}},
    404: {"description": "One of the videos does not exist"},
}


def archive_routes(upload_service: UploadService, settings: IngestSettings) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["ingest"])
    blobs = upload_service.blobs
    importer = ArchiveImporter(blobs, upload_service.check, settings)

    @router.get("/v1/archive", response_class=StreamingResponse, responses=_EXPORT_RESPONSES)
    async def export(
        video_id: Annotated[list[str] | None, Query(description="Only these videos; all by default.")] = None,
        source: Annotated[bool, Query(description="Include the videos' own files.")] = True,
    ) -> StreamingResponse:
        """Return videos with all their artefacts as a tar archive."""
        ids = [folder.rsplit("/", 1)[-1] async for folder in blobs.folders("videos")] if video_id is None else video_id
        # Bytes without a plan may turn out not to be a video, and another installation would have to refuse them.
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
        """Import the videos of an archive, compressed or not. Their artefacts are used as they are, as far as they were
        made with the settings that this installation has."""
        accepted = []
        for found in await importer.import_archive(_body(request), now_ms()):
            event = VideoUploaded(uri=found.uri, generation=found.generation)
            at = await upload_service.announce(event, found.video_id)
            accepted.append(accepted_video(found.video_id, at))
        return Imported(videos=accepted)

    return router


_IMPORT_RESPONSES: dict[int | str, dict[str, object]] = {507: {"description": "The server's disk is full"}}


async def _body(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise InvalidError("bad_request", "the archive ended before it was complete") from None


def _tar() -> dict[str, object]:
    return {"required": True, "content": {TAR: {"schema": {"type": "string", "format": "binary"}}}}
