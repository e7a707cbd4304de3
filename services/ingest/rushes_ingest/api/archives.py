"""`GET /v1/archive` and `POST /v1/uploads/archive`: videos out of one installation and into another."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from rushes_ingest.archive.export import archive_of
from rushes_ingest.archive.importing import ArchiveImporter
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import find_source, is_planned
from rushes_ingest.upload_service import UploadService
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import InvalidError
from rushes_schemas.api import Accepted, Imported
from rushes_schemas.events import VideoUploaded

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
