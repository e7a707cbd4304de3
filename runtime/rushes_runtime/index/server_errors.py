"""What the Qdrant client raises, over gRPC or HTTP, as the port's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from rushes_runtime.errors import ConfigurationError, RushesError
from rushes_runtime.index.port import IndexRefused, IndexUnavailable, UnknownCollection

Code = grpc.StatusCode

ANSWERED = (grpc.RpcError, UnexpectedResponse)
"""Errors that the server may have answered with."""

_KEY = (Code.UNAUTHENTICATED, Code.PERMISSION_DENIED, 401, 403)
_UNKNOWN = (Code.NOT_FOUND, 404)
_REFUSED = (
    Code.INVALID_ARGUMENT,
    Code.FAILED_PRECONDITION,
    Code.OUT_OF_RANGE,
    Code.ALREADY_EXISTS,
    400,
    409,
    422,
)


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Raise the port's errors in place of the client's, with the server's address in them."""
    try:
        yield
    except (grpc.RpcError, ApiException, QdrantException) as error:
        raise _translate(url, error) from error


def _translate(url: str, error: Exception) -> RushesError:
    status, words = _answer(error)
    if status in _KEY:
        return ConfigurationError(f"the Qdrant server at {url} refused RUSHES_QDRANT__API_KEY: {words}; set its key")
    if status in _UNKNOWN:
        return UnknownCollection(f"the Qdrant server at {url} has no such collection (yet): {words}")
    if status in _REFUSED:
        return IndexRefused(f"the Qdrant server at {url} refused this: {words}")
    return IndexUnavailable(f"the Qdrant server at {url} (RUSHES_QDRANT__URL) does not answer as it should: {words}")


def _answer(error: Exception) -> tuple[grpc.StatusCode | int | None, str]:
    if isinstance(error, grpc.aio.AioRpcError):
        return error.code(), f"{error.code().name} {error.details()}"
    if isinstance(error, UnexpectedResponse):
        return error.status_code, f"{error.status_code} {error.content.decode(errors='replace')[:300]}"
    return None, str(getattr(error, "source", None) or error) or type(error).__name__
