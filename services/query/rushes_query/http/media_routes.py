"""Routes for files: a video, whole or in parts, and the images of scenes and storyboards."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from rushes_query.http.responses import ByteRange, Unsatisfiable, has_it, not_found_is_404, parse
from rushes_query.library.storyboards import track_version
from rushes_query.library.videos import Library, StoredFile
from rushes_schemas.artefacts import OTHER_MEDIA_TYPE


def routes(library: Library) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", tags=["media"], dependencies=[Depends(not_found_is_404)])

    @router.head("/videos/{video_id}/media", include_in_schema=False)
    @router.get("/videos/{video_id}/media", response_class=Response, responses=_PARTS)
    async def media(video_id: str, request: Request) -> Response:
        """Return the video's file. Byte ranges are supported, so that players can seek."""
        return _sent(library, await library.media(video_id), request)

    @router.head("/scenes/{scene_id}/thumbnail", include_in_schema=False)
    @router.get("/scenes/{scene_id}/thumbnail", response_class=Response, responses=_PICTURE)
    async def thumbnail(scene_id: str, request: Request) -> Response:
        """Return a scene's thumbnail."""
        return _sent(library, await library.thumbnail(scene_id), request)

    @router.get("/videos/{video_id}/storyboard", response_class=Response, responses=_TRACK)
    async def storyboard(video_id: str, request: Request) -> Response:
        """Return the storyboard as a WebVTT thumbnails track for players. Its URLs are relative to this one."""
        written, record = await library.storyboard(video_id)
        headers = {"ETag": f'W/"{track_version(record)}"', "Cache-Control": "private, no-cache"}
        if has_it(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(written, headers=headers, media_type="text/vtt; charset=utf-8")

    @router.head("/videos/{video_id}/storyboard/{segment}.jpg", include_in_schema=False)
    @router.get("/videos/{video_id}/storyboard/{segment}.jpg", response_class=Response, responses=_PICTURE)
    async def sheet(video_id: str, segment: Annotated[int, Path(ge=0, le=2**31)], request: Request) -> Response:
        """Return the storyboard image of one segment."""
        return _sent(library, await library.sheet(video_id, segment), request)

    return router


_TRACK: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/vtt": {}}, "description": "The track"},
    304: {"description": "The track that the client has, by its ETag"},
}

_PARTS: dict[int | str, dict[str, object]] = {
    200: {"content": {"video/*": {}}, "description": "The whole file"},
    206: {"content": {"video/*": {}}, "description": "The part that the Range header asks for"},
    304: {"description": "The file that the client has, by its ETag"},
    307: {"description": "The file lies at S3, where RUSHES_BLOBS__LINK_S is set"},
    416: {"description": "The range lies behind the file's end"},
}
_PICTURE: dict[int | str, dict[str, object]] = {200: {"content": {"image/jpeg": {}}, "description": "The picture"}}


def _sent(library: Library, file: StoredFile, request: Request) -> Response:
    """Return the answer to GET or HEAD, whole or in part (RFC 9110, sections 13 and 14)."""
    headers = {
        "ETag": file.etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=3600",
    }
    # A browser must not display a file of an unknown type as a page of this origin.
    if file.media_type == OTHER_MEDIA_TYPE:
        headers["Content-Disposition"] = "attachment"
    if has_it(request.headers.get("if-none-match"), file.etag):
        return Response(status_code=304, headers=headers)
    if request.method == "GET" and (link := library.link(file)):
        return RedirectResponse(link, 307, {"Cache-Control": "no-store"})  # the link expires
    part = _part(request, file)
    start, end = (part.start, part.end) if part else (0, file.size)
    headers |= {"Content-Length": str(end - start)} | ({"Content-Range": part.content_range} if part else {})
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=file.media_type)
    return StreamingResponse(library.stream(file, start, end), status, headers, file.media_type)


def _part(request: Request, file: StoredFile) -> ByteRange | None:
    """Return the range to send; None: the whole file. If-Range with another ETag means the whole file."""
    # RFC 9110 defines Range for GET only.
    known = request.headers.get("if-range")
    if request.method == "HEAD" or (known is not None and known != file.etag):
        return None
    try:
        return parse(request.headers.get("range"), file.size)
    except Unsatisfiable as error:
        sentence = f"The file has {file.size} bytes; the range lies behind them."
        raise HTTPException(416, sentence, {"Content-Range": f"bytes */{file.size}"}) from error
