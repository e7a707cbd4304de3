"""One core, two doors: the same questions, right and wrong ones, get the same answers over HTTP and over gRPC."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import grpc
import httpx
import pytest

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.app import build
from rushes_query.grpc import query_pb2 as pb
from rushes_query.grpc.query_pb2_grpc import QueryStub
from rushes_query.grpc.server import GrpcServer
from rushes_query.settings import QuerySettings
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service, make_app
from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.server import Http

from .films import LAUNCH, MORNING, NOWHERE, REFUSED, SHOTS, URI, photograph_file
from .messages import as_json, as_numbers, without_nulls

REQUESTS = 200
WORDS = ("coffee", "a cat", "로켓", "the first cup", "rocket", "sofa", "고양이", "hot", "x" * 1000, "🚀", "l'été; DROP")
VIDEOS = (MORNING, LAUNCH, REFUSED, NOWHERE, "x", MORNING.upper())
STATUS = {404: grpc.StatusCode.NOT_FOUND, 413: grpc.StatusCode.INVALID_ARGUMENT, 422: grpc.StatusCode.INVALID_ARGUMENT}


@dataclass(frozen=True)
class Asked:
    """The same question, for each of the doors."""

    call: str
    message: Any
    path: str
    params: dict[str, Any] | None = None
    image: bytes | None = None


def questions(random: random.Random) -> Iterator[Asked]:
    """Questions of all six calls without an end, one in some of them wrong."""
    while True:
        limit = random.choice((1, 3, 20, 100, 101, -1))
        video, scene = random.choice(VIDEOS), random.choice([*(shot.id for shot in SHOTS), NOWHERE, "x"])
        words = random.choice((*WORDS, "", " ", "x" * 1001))
        places = [each for each in (MORNING, LAUNCH, NOWHERE) if random.random() < 0.3]
        language = random.choice(("en", "ko", "de", "English", ""))
        params = {"q": words, "limit": limit, "video_id": places} | ({"language": language} if language else {})
        search = pb.SearchRequest(q=words, limit=limit, video_ids=places, language=language)
        picture = random.choice([photograph_file("cat"), photograph_file("rocket"), b"no picture"])
        yield Asked("Search", search, "/v1/search", params)
        yield Asked("Search", pb.SearchRequest(q=words, image=picture), "/v1/search", {"q": words}, picture)
        yield Asked("ListVideos", pb.ListVideosRequest(limit=limit), "/v1/videos", {"limit": limit})
        cursor = random.choice(VIDEOS)
        yield Asked("ListVideos", pb.ListVideosRequest(cursor=cursor), "/v1/videos", {"cursor": cursor})
        uri, status = random.choice(("", URI, "file:///x")), random.choice(("", "indexed", "failed", "done"))
        wanted = {name: value for name, value in (("uri", uri), ("status", status)) if value}
        yield Asked("ListVideos", pb.ListVideosRequest(uri=uri, status=status), "/v1/videos", wanted)
        yield Asked("GetVideo", pb.GetVideoRequest(video_id=video), f"/v1/videos/{video}")
        yield Asked("ListScenes", pb.ListScenesRequest(video_id=video), f"/v1/videos/{video}/scenes")
        yield Asked("GetTranscript", pb.GetTranscriptRequest(video_id=video), f"/v1/videos/{video}/transcript")
        similar = pb.SimilarScenesRequest(scene_id=scene, limit=limit)
        yield Asked("SimilarScenes", similar, f"/v1/scenes/{scene}/similar", {"limit": limit})


@dataclass(frozen=True)
class Doors:
    http: httpx.AsyncClient
    channel: grpc.aio.Channel

    async def over_http(self, asked: Asked) -> tuple[Any, Any]:
        if asked.image is None:
            answer = await self.http.get(asked.path, params=asked.params)
        else:
            files = {"image": ("picture", asked.image)}
            answer = await self.http.post(asked.path, data=asked.params, files=files)
        said = answer.json()
        return (None, without_nulls(said)) if answer.is_success else (STATUS[answer.status_code], said["detail"])

    async def over_grpc(self, asked: Asked) -> tuple[Any, Any]:
        try:
            stub = QueryStub(self.channel)  # type: ignore[no-untyped-call]
            return None, as_numbers(as_json(await getattr(stub, asked.call)(asked.message)))
        except grpc.aio.AioRpcError as error:
            return error.code(), error.details()


async def doors_of(stack: AsyncExitStack, service: Service, http: HttpSettings) -> Doors:
    """Both doors of a running service, on sockets."""
    entered = [await stack.enter_async_context(lifespan) for lifespan in service.lifespans]
    (rpc,) = (each for each in entered if isinstance(each, GrpcServer))
    server = await stack.enter_async_context(Http(make_app("query", [service], Metrics(), http=http), http))
    url = f"http://127.0.0.1:{server.port}"
    client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False))
    return Doors(client, await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{rpc.port}")))


@pytest.fixture
async def doors(service: Service) -> AsyncIterator[Doors]:
    async with AsyncExitStack() as stack:
        yield await doors_of(stack, service, HttpSettings(port=0))


async def test_two_hundred_questions_are_answered_alike(doors: Doors) -> None:
    asked = questions(random.Random(8))
    outcomes = set()
    for _ in range(REQUESTS):
        question = next(asked)
        http, rpc = await doors.over_http(question), await doors.over_grpc(question)
        for said in (http[1], rpc[1]):
            if isinstance(said, dict):
                said.pop("took_ms", None)
        assert http == rpc, question
        outcomes.add((question.call, http[0]))
    assert len({call for call, code in outcomes if code is None}) == 6
    assert len({call for call, code in outcomes if code is not None}) == 6


@pytest.fixture
async def locked(platform: Platform, texts: TextEncoder, images: ImageTextEncoder) -> AsyncIterator[Doors]:
    """The doors of an installation with keys, of which each may ask three times a minute, and not for long."""
    keys = [
        {"name": "reader", "secret": "r" * 20, "scopes": ["read"]},
        {"name": "uploader", "secret": "u" * 20, "scopes": ["write"]},
    ]
    http = HttpSettings.model_validate({"port": 0, "grpc_port": 0, "keys": keys, "requests_per_minute": 3})
    settings = platform.settings.model_copy(update={"http": http})
    service = build(replace(platform, settings=settings), QuerySettings(), texts, images)
    async with AsyncExitStack() as stack:
        yield await doors_of(stack, service, http)


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("", 401, grpc.StatusCode.UNAUTHENTICATED),
        ("wrong" * 4, 401, grpc.StatusCode.UNAUTHENTICATED),
        ("u" * 20, 403, grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_both_doors_have_the_same_lock(locked: Doors, key: str, status: int, code: Any) -> None:
    answer = await locked.http.get("/v1/videos", headers={"Authorization": f"Bearer {key}"} if key else {})
    stub = QueryStub(locked.channel)  # type: ignore[no-untyped-call]
    metadata = (("authorization", f"Bearer {key}"),) if key else ()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.ListVideos(pb.ListVideosRequest(), metadata=metadata)
    assert (answer.status_code, refused.value.code()) == (status, code)
    assert answer.json()["detail"] == refused.value.details()


async def test_a_key_opens_both_doors_so_often(locked: Doors) -> None:
    stub = QueryStub(locked.channel)  # type: ignore[no-untyped-call]
    metadata = (("authorization", "Bearer " + "r" * 20), ("x-request-id", "mine"))
    for _ in range(3):
        call = stub.ListVideos(pb.ListVideosRequest(), metadata=metadata)
        assert len((await call).videos) == 3
        assert ("x-request-id", "mine") in tuple(await call.initial_metadata())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.ListVideos(pb.ListVideosRequest(), metadata=metadata)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert int(dict(refused.value.trailing_metadata())["retry-after"]) > 0
