"""The gRPC door over a real socket: the same answers, and status codes that mean something."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import grpc
import httpx
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.app import build
from rushes_query.grpc import query_pb2 as pb
from rushes_query.grpc.generate import HERE, PACKAGE, STUBS, generate
from rushes_query.grpc.query_pb2_grpc import QueryStub
from rushes_query.grpc.server import GrpcServer, _address
from rushes_query.library.videos import Library
from rushes_query.settings import QuerySettings
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.port import IndexUnavailable
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service, make_app
from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.server import Http
from rushes_runtime.web.wrong_keys import WrongKeys

from .films import COFFEE, LAUNCH, LISBON, MORNING, NOWHERE, photograph_file


@pytest.fixture
async def port(service: Service) -> AsyncIterator[int]:
    """Where the service's gRPC server listens, its models warm."""
    async with AsyncExitStack() as stack:
        entered = [await stack.enter_async_context(lifespan) for lifespan in service.lifespans]
        (server,) = (each for each in entered if isinstance(each, GrpcServer))
        assert server.port
        yield server.port


@pytest.fixture
async def channel(port: int) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Any:
    return QueryStub(channel)  # type: ignore[no-untyped-call]


async def test_a_picture_finds_what_looks_like_it(stub: Any) -> None:
    found = await stub.Search(pb.SearchRequest(image=photograph_file("rocket")))
    assert found.moments[0].video_id == LAUNCH


@pytest.mark.parametrize(
    ("call", "request_", "code"),
    [
        ("GetVideo", pb.GetVideoRequest(video_id=NOWHERE), grpc.StatusCode.NOT_FOUND),
        ("ListScenes", pb.ListScenesRequest(video_id="x"), grpc.StatusCode.NOT_FOUND),
        ("SimilarScenes", pb.SimilarScenesRequest(scene_id=NOWHERE), grpc.StatusCode.NOT_FOUND),
        ("Search", pb.SearchRequest(), grpc.StatusCode.INVALID_ARGUMENT),
        ("Search", pb.SearchRequest(q="x" * 1001), grpc.StatusCode.INVALID_ARGUMENT),
        ("Search", pb.SearchRequest(q="x", limit=101), grpc.StatusCode.INVALID_ARGUMENT),
        ("Search", pb.SearchRequest(image=b"no picture"), grpc.StatusCode.INVALID_ARGUMENT),
        ("ListVideos", pb.ListVideosRequest(limit=-1), grpc.StatusCode.INVALID_ARGUMENT),
        ("ListVideos", pb.ListVideosRequest(cursor="x"), grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_what_is_wrong_has_a_code_and_a_sentence(stub: Any, call: str, request_: Any, code: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await getattr(stub, call)(request_)
    assert refused.value.code() is code
    assert refused.value.details()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (IndexUnavailable("the index does not answer"), grpc.StatusCode.UNAVAILABLE),
        (ConfigurationError("the collection is another"), grpc.StatusCode.FAILED_PRECONDITION),
        (ValueError("a secret of the server"), grpc.StatusCode.INTERNAL),
    ],
)
async def test_what_is_wrong_with_the_server_has_a_code(
    stub: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, code: Any
) -> None:
    async def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(Library, "video", failing)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await stub.GetVideo(pb.GetVideoRequest(video_id=MORNING))
    assert failed.value.code() is code
    assert "secret" not in str(failed.value.details())


async def test_health(channel: grpc.aio.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    for name in ("", "rushes.v1.Query"):
        said = await health.Check(health_pb2.HealthCheckRequest(service=name))
        assert said.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection(channel: grpc.aio.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = [each async for each in stub.ServerReflectionInfo(iter([asked]))]
    assert "rushes.v1.Query" in {service.name for service in answer.list_services_response.service}


async def test_a_port_that_is_taken_is_a_configuration_error(port: int) -> None:
    with pytest.raises(ConfigurationError, match="RUSHES_HTTP__GRPC_PORT"):
        await GrpcServer(None, None, HttpSettings(grpc_port=port)).__aenter__()  # type: ignore[arg-type]


def test_the_stubs_are_those_of_the_contract(tmp_path: Path) -> None:
    """If this fails: `python -m rushes_query.grpc.generate`, with the grpcio-tools that pyproject.toml pins."""
    (tmp_path / PACKAGE).mkdir(parents=True)
    generate(tmp_path)
    for stub in STUBS:
        assert (tmp_path / PACKAGE / stub).read_text() == (HERE / stub).read_text(), stub


async def test_a_call_ends_at_its_deadline(stub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    async def endless(*_: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(Library, "video", endless)
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await stub.GetVideo(pb.GetVideoRequest(video_id=MORNING), timeout=0.2)
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(ended.wait(), 10)


async def test_the_server_has_a_limit_of_its_own(
    platform: Platform, texts: TextEncoder, images: ImageTextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Library, "video", endless)
    http = HttpSettings(grpc_port=0, time_limit_s=0.1)
    hurried = replace(platform, settings=platform.settings.model_copy(update={"http": http}))
    async with (
        build(hurried, QuerySettings(), texts, images).lifespans[-1] as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{cast(GrpcServer, server).port}") as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as late:
            await QueryStub(channel).GetVideo(pb.GetVideoRequest(video_id=MORNING))  # type: ignore[no-untyped-call]
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_client_that_knows_the_service_only_by_reflection_makes_every_call(port: int) -> None:
    def calls() -> dict[str, Any]:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
            service = pool.FindServiceByName("rushes.v1.Query")
            asked: dict[str, dict[str, Any]] = {
                "Search": {"q": "coffee"},
                "ListVideos": {"limit": 2},
                "GetVideo": {"video_id": MORNING},
                "ListScenes": {"video_id": MORNING},
                "GetTranscript": {"video_id": MORNING},
                "SimilarScenes": {"scene_id": COFFEE.id},
            }
            assert {method.name for method in service.methods} == set(asked)
            return {method.name: called(channel, method, asked[method.name]) for method in service.methods}

    def called(channel: grpc.Channel, method: Any, fields: dict[str, Any]) -> Any:
        request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        call = channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        return call(request(**fields), timeout=30)

    said = await asyncio.to_thread(calls)
    assert said["Search"].moments and said["SimilarScenes"].moments
    assert len(said["ListVideos"].videos) == 2
    assert said["GetVideo"].title == LISBON
    assert len(said["ListScenes"].scenes) == 4
    assert said["GetTranscript"].words


async def test_who_sends_wrong_keys_has_to_wait() -> None:
    keys = [{"name": "desk", "secret": "d" * 20}]
    settings = HttpSettings.model_validate({"grpc_port": 0, "keys": keys, "wrong_keys_per_minute": 2})
    wrong = (("authorization", "Bearer " + "x" * 20),)
    codes = []
    async with (
        GrpcServer(cast(Any, None), cast(Any, None), settings) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        guesser = QueryStub(channel)  # type: ignore[no-untyped-call]
        for _ in range(3):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await guesser.ListVideos(pb.ListVideosRequest(), metadata=wrong)
            codes.append(refused.value.code())
        assert int(dict(refused.value.trailing_metadata())["retry-after"]) >= 1
    assert codes == [grpc.StatusCode.UNAUTHENTICATED] * 2 + [grpc.StatusCode.RESOURCE_EXHAUSTED]


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:192.0.2.1:5000", "192.0.2.1"),
        ("ipv6:%5B2001:db8::1%5D:5000", "2001:db8::1"),
        ("ipv6:[2001:db8::1]:5000", "2001:db8::1"),
        ("unix:/run/rushes", "unix:/run/rushes"),
    ],
)
def test_the_address_of_a_peer(peer: str, address: str) -> None:
    assert _address(peer) == address


async def test_wrong_keys_over_http_count_over_grpc() -> None:
    keys = [{"name": "desk", "secret": "d" * 20}]
    settings = HttpSettings.model_validate({"grpc_port": 0, "port": 0, "keys": keys, "wrong_keys_per_minute": 2})
    count = WrongKeys(settings.wrong_keys_per_minute)
    grpc_server = GrpcServer(cast(Any, None), cast(Any, None), settings, count)
    service = Service("query", lifespans=[grpc_server], wrong_keys=count)
    async with (
        grpc_server,
        Http(make_app("query", [service], Metrics(), http=settings), settings) as server,
        httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{server.port}") as http,
        grpc.aio.insecure_channel(f"127.0.0.1:{grpc_server.port}") as channel,
    ):
        for _ in range(2):
            assert (await http.get("/v1/videos", headers={"Authorization": "Bearer " + "x" * 20})).status_code == 401
        stub = QueryStub(channel)  # type: ignore[no-untyped-call]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListVideos(pb.ListVideosRequest(), metadata=(("authorization", "Bearer " + "y" * 20),))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
