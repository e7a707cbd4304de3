"""The routes of search: the entry of every search over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from pydantic import ConfigDict

from rushes_query.http.responses import not_found_is_404
from rushes_query.search.active_index import ActiveIndex
from rushes_query.search.request import (
    MAX_IMAGE_BYTES,
    QueryText,
    SearchOptions,
    SearchRequest,
    SimilarRequest,
    WordsRequest,
)
from rushes_runtime.errors import InvalidError
from rushes_schemas.api import SearchResults


class PictureForm(SearchOptions):
    """The form in which an image is sent."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    image: UploadFile
    """JPEG, PNG, WebP, GIF or BMP."""
    q: QueryText = ""
    """Words that are searched for as well, in any language."""


def routes(search: ActiveIndex) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", tags=["search"])

    @router.get("/search")
    async def search_words(asked: Annotated[WordsRequest, Query()]) -> SearchResults:
        """Search by words: moments in which they are seen or said, best first."""
        return await search.search(SearchRequest(**dict(asked)))

    @router.post("/search")
    async def search_picture(form: Annotated[PictureForm, Form(media_type="multipart/form-data")]) -> SearchResults:
        """Search by an image (JPEG, PNG, WebP, GIF or BMP), and by words that are said."""
        # One byte more than allowed tells a file of the limit's size from a larger one.
        data = await form.image.read(MAX_IMAGE_BYTES + 1)
        if len(data) > MAX_IMAGE_BYTES:
            raise InvalidError("too_large", f"The image has more than {MAX_IMAGE_BYTES} bytes.")
        return await search.search(SearchRequest(**(dict(form) | {"image": data})))

    @router.get("/scenes/{scene_id}/similar", dependencies=[Depends(not_found_is_404)])
    async def similar(scene_id: str, asked: Annotated[SimilarRequest, Query()]) -> SearchResults:
        """Find moments that are similar to a scene: they show or mean the same."""
        return await search.similar(scene_id, asked)

    return router
