# ruff: noqa: N802  # the methods are called as the contract calls them
"""The calls of `rushes.v1.Query`: check the request, call the search or the library, convert the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeAlias, TypeVar, cast

import grpc
import structlog
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from pydantic import BaseModel, Field, ValidationError

from rushes_query.grpc import query_pb2 as pb
from rushes_query.grpc.query_pb2_grpc import QueryServicer
from rushes_query.index_reader import UnknownId
from rushes_query.library.videos import Library
from rushes_query.search.active_index import ActiveIndex
from rushes_query.search.request import DEFAULT_LIMIT, Limit, SearchRequest, SimilarRequest
from rushes_runtime.errors import ConfigurationError, InvalidError, TransientError
from rushes_schemas.api import Answer
from rushes_schemas.index import VideoStatus

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
M = TypeVar("M", bound=Message)

log = structlog.stdlib.get_logger("rushes.query")


class QueryCalls(QueryServicer):
    """One method per call. Errors become status codes."""

    def __init__(self, search: ActiveIndex, library: Library) -> None:
        self._search = search
        self._library = library

    async def Search(self, request: pb.SearchRequest, context: Context) -> pb.SearchResponse:
        async with _answering(context):
            ask = SearchRequest(q=request.q, image=request.image or None, **_wish(request))
            return await message(await self._search.search(ask), pb.SearchResponse)

    async def ListVideos(self, request: pb.ListVideosRequest, context: Context) -> pb.ListVideosResponse:
        async with _answering(context):
            which = _Videos.model_validate(
                {"limit": request.limit or DEFAULT_LIMIT, "uri": request.uri or None, "status": request.status or None}
            )
            found = await self._library.videos(which.limit, request.cursor or None, which.uri, which.status)
            return await message(found, pb.ListVideosResponse)

    async def GetVideo(self, request: pb.GetVideoRequest, context: Context) -> pb.VideoDetail:
        async with _answering(context):
            return await message(await self._library.video(request.video_id), pb.VideoDetail)

    async def ListScenes(self, request: pb.ListScenesRequest, context: Context) -> pb.ListScenesResponse:
        async with _answering(context):
            return await message(await self._library.scenes(request.video_id), pb.ListScenesResponse)

    async def GetTranscript(self, request: pb.GetTranscriptRequest, context: Context) -> pb.Transcript:
        async with _answering(context):
            return await message(await self._library.transcript(request.video_id), pb.Transcript)

    async def SimilarScenes(self, request: pb.SimilarScenesRequest, context: Context) -> pb.SearchResponse:
        async with _answering(context):
            ask = SimilarRequest(other_videos=request.other_videos, **_wish(request))
            return await message(await self._search.similar(request.scene_id, ask), pb.SearchResponse)


async def message(answer: Answer, kind: type[M]) -> M:
    """Return the message with the fields of an answer, converted in a thread, since a transcript may be long. Raises
    ParseError if the contract lacks a field."""
    return await asyncio.to_thread(lambda: cast(M, ParseDict(answer.model_dump(mode="json"), kind())))


def _wish(request: pb.SearchRequest | pb.SimilarScenesRequest) -> dict[str, Any]:
    """Return the fields of `SearchOptions` that the request sets."""
    wish = {field.name: value for field, value in request.wish.ListFields()}
    return wish | {
        # proto3 sends no 0: an unset limit and 0 are the same.
        "limit": request.limit or DEFAULT_LIMIT,
        "video_id": list(request.video_ids),
        "language": request.language or None,
        "metadata": list(request.wish.metadata),
    }


class _Videos(BaseModel):
    """The fields of ListVideosRequest, bounded as over HTTP."""

    limit: Limit
    uri: Annotated[str, Field(max_length=8192)] | None
    status: VideoStatus | None


@asynccontextmanager
async def _answering(context: Context) -> AsyncIterator[None]:
    """Answer errors of the search and the library with a status code."""
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    except UnknownId as error:
        await context.abort(grpc.StatusCode.NOT_FOUND, str(error))
    except InvalidError as error:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    except TransientError as error:
        await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
    except ConfigurationError as error:
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
    except Exception as error:  # a bug: gRPC would send its text to the client
        log.error("a call failed", exc_info=error)
        await context.abort(grpc.StatusCode.INTERNAL, "The server made a mistake; its log says more.")
