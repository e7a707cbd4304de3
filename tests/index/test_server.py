"""What holds of a server alone: how it is reached, and what its errors mean."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import grpc
import httpx
import pytest
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from rushes_runtime.errors import ConfigurationError, RushesError
from rushes_runtime.index import server_convert as convert
from rushes_runtime.index.port import CollectionSpec, DenseSpec, IndexRefused, IndexUnavailable, UnknownCollection
from rushes_runtime.index.server import ServerIndex, connect
from rushes_runtime.index.server_errors import translated
from rushes_runtime.index.specs import fields_of

from .samples import CATALOG, INDEXED, SPEC, bare

URL = "http://127.0.0.1:6333"


class Aborting(grpc.GenericRpcHandler):
    """Answers every call with one status."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def service(self, handler_call_details: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(self._abort)

    async def _abort(self, request: bytes, context: Any) -> None:
        await context.abort(self._code, "said the server")


@asynccontextmanager
async def aborting(code: grpc.StatusCode) -> AsyncIterator[ServerIndex]:
    """An index whose server aborts every call."""
    server = grpc.aio.server(handlers=[Aborting(code)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    index = ServerIndex(URL, "a key", grpc_port=port)
    yield index
    await index.close()
    await server.stop(None)


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
@pytest.mark.parametrize("code", [grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED])
async def test_a_wrong_key_is_a_wrong_setting(code: grpc.StatusCode) -> None:
    async with aborting(code) as index:
        with pytest.raises(ConfigurationError, match=r"RUSHES_QDRANT__API_KEY.*said the server"):
            await index.ready()


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.NOT_FOUND, UnknownCollection),
        (grpc.StatusCode.INVALID_ARGUMENT, IndexRefused),
        (grpc.StatusCode.DEADLINE_EXCEEDED, IndexUnavailable),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, IndexUnavailable),
        (grpc.StatusCode.INTERNAL, IndexUnavailable),
    ],
)
async def test_what_a_status_means(code: grpc.StatusCode, kind: type[RushesError]) -> None:
    async with aborting(code) as index:
        with pytest.raises(kind, match=URL) as caught:
            await index.upsert("scenes", [bare(1)])
        assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnexpectedResponse(401, "", b"Must provide an API key", httpx.Headers()), ConfigurationError),
        (UnexpectedResponse(403, "", b"Forbidden", httpx.Headers()), ConfigurationError),
        (UnexpectedResponse(404, "", b"Not found", httpx.Headers()), UnknownCollection),
        (UnexpectedResponse(400, "", b"Wrong input", httpx.Headers()), IndexRefused),
        (UnexpectedResponse(503, "", b"\xff", httpx.Headers()), IndexUnavailable),
        (ResponseHandlingException(httpx.ConnectError("no route")), IndexUnavailable),
        (ResourceExhaustedResponse("later", 3), IndexUnavailable),
    ],
    ids=["401", "403", "404", "400", "503", "no answer", "limit"],
)
def test_what_an_error_over_http_means(error: Exception, kind: type[RushesError]) -> None:
    with pytest.raises(kind, match=URL) as caught, translated(URL):
        raise error
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("prefer_grpc", [True, False])
async def test_nobody_listens(unused_tcp_port: int, prefer_grpc: bool) -> None:
    index = ServerIndex(f"http://127.0.0.1:{unused_tcp_port}", grpc_port=unused_tcp_port, prefer_grpc=prefer_grpc)
    with pytest.raises(IndexUnavailable, match="RUSHES_QDRANT__URL"):
        await index.ready()
    await index.close()


async def test_close_before_anything_connects() -> None:
    await ServerIndex(URL).close()


@pytest.mark.parametrize(
    ("url", "tls", "grpc_port"),
    [
        ("http://qdrant:6333", False, 6334),
        ("https://qdrant", True, 6334),
        ("https://qdrant:7000/", True, 7001),
    ],
)
def test_tls_and_port_are_what_the_url_says(url: str, tls: bool, grpc_port: int) -> None:
    remote = cast(Any, connect(url, "a key" if tls else None)._client)
    assert (remote._https, remote._grpc_port, remote._prefer_grpc) == (tls, grpc_port, True)
    assert remote.rest_uri.startswith("https://" if tls else "http://")


async def test_a_client_of_the_test_s_own() -> None:
    client = AsyncQdrantClient(location=":memory:")
    index = ServerIndex(URL, connect=lambda *_, **__: client)
    await index.ensure("videos", CollectionSpec())
    await index.upsert("videos", [bare(1)])
    assert await index.count("videos") == 1
    await index.close()


async def test_a_write_that_is_not_applied_in_time_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    client = AsyncQdrantClient(location=":memory:")

    async def acknowledged(*_: Any, **__: Any) -> models.UpdateResult:
        return models.UpdateResult(operation_id=1, status=models.UpdateStatus.WAIT_TIMEOUT)

    monkeypatch.setattr(client, "upsert", acknowledged)
    index = ServerIndex(URL, connect=lambda *_, **__: client)
    with pytest.raises(IndexUnavailable, match="wait_timeout"):
        await index.upsert("videos", [bare(1)])
    await index.close()


def test_a_collection_s_info_says_what_it_is_made_of() -> None:
    found = convert.from_info(_info(convert.to_vectors(SPEC), convert.to_sparse_vectors(SPEC), _schema(INDEXED)))
    assert (dict(found.dense), list(found.sparse)) == (dict(SPEC.dense), list(SPEC.sparse))
    assert fields_of(found) == fields_of(INDEXED)
    assert convert.from_info(_info(None, None, {})) == CollectionSpec(sparse=[])
    assert fields_of(convert.from_info(_info({}, {}, _schema(CATALOG)))) == fields_of(CATALOG)


def test_vectors_that_are_compared_otherwise_are_none_of_ours() -> None:
    by_product = models.VectorParams(size=3, distance=models.Distance.DOT)
    found = convert.from_info(_info({"speech": by_product}, {"lexical": models.SparseVectorParams()}, {}))
    assert dict(found.dense) == {"speech by Dot": DenseSpec(3)}
    assert list(found.sparse) == ["lexical without idf"]
    assert list(convert.from_info(_info(by_product, None, {})).dense) == ["(unnamed) by Dot"]


def _schema(spec: CollectionSpec) -> dict[str, models.PayloadIndexInfo]:
    types = {kind: its for its, kind in convert.TYPES.items()}
    return {name: models.PayloadIndexInfo(data_type=types[kind], points=0) for name, kind in fields_of(spec).items()}


def _info(vectors: Any, sparse: Any, schema: dict[str, models.PayloadIndexInfo]) -> models.CollectionInfo:
    config = models.CollectionConfig(
        params=models.CollectionParams(vectors=vectors, sparse_vectors=sparse),
        hnsw_config=models.HnswConfig(m=16, ef_construct=100, full_scan_threshold=10_000),
        optimizer_config=models.OptimizersConfig(
            deleted_threshold=0.2, vacuum_min_vector_number=1000, default_segment_number=0, flush_interval_sec=5
        ),
    )
    return models.CollectionInfo(
        status=models.CollectionStatus.GREEN,
        optimizer_status=models.OptimizersStatusOneOf.OK,
        segments_count=1,
        config=config,
        payload_schema=schema,
    )
