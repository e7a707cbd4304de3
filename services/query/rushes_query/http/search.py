"""Routes that find moments."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, UploadFile

from rushes_query.answers import SearchAnswer
from rushes_query.ask import DEFAULT_LIMIT, MAX_IMAGE_BYTES, Ask, Ids, Limit, Words
from rushes_query.http.unknown import unknown_is_404
from rushes_query.search import Search
from rushes_runtime.errors import InvalidError
from rushes_schemas.events import Language


def routes(search: Search) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["search"], dependencies=[Depends(unknown_is_404)])

    @router.get("/search")
    async def search_words(
        q: Annotated[Words, Query(description="What is seen or said, in any language")],
        limit: Annotated[Limit, Query()] = DEFAULT_LIMIT,
        video_id: Annotated[Ids | None, Query(description="Only in these videos")] = None,
        language: Annotated[Language | None, Query(description="Only in scenes of this language")] = None,
    ) -> SearchAnswer:
        """Moments, best first, that the words are seen or said in."""
        return await search.search(Ask(q=q, limit=limit, video_ids=video_id or [], language=language))

    @router.post("/search")
    async def search_picture(
        image: UploadFile,
        q: Annotated[Words, Form()] = "",
        limit: Annotated[Limit, Form()] = DEFAULT_LIMIT,
        video_id: Annotated[Ids | None, Form()] = None,
        language: Annotated[Language | None, Form()] = None,
    ) -> SearchAnswer:
        """Moments that look like a picture (JPEG, PNG, WebP, GIF or BMP), or in which the words are said."""
        data = await image.read(MAX_IMAGE_BYTES + 1)
        if len(data) > MAX_IMAGE_BYTES:
            raise InvalidError("too_large", f"The image has more than {MAX_IMAGE_BYTES} bytes.")
        return await search.search(Ask(q=q, image=data, limit=limit, video_ids=video_id or [], language=language))

    @router.get("/scenes/{scene_id}/similar")
    async def similar(scene_id: str, limit: Annotated[Limit, Query()] = DEFAULT_LIMIT) -> SearchAnswer:
        """Moments that look like a scene, or that are about the same."""
        return await search.similar(scene_id, limit)

    return router
