"""The fixtures, for pytest, which loads this module by itself.

Nothing is imported or started before a test requests it. Parts live as long as the test session; names are unique to a
test.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from rushes_testing.blobs import BlobStore
    from rushes_testing.broker import Broker
    from rushes_testing.index import QdrantIndex
    from rushes_testing.pipeline import Rushes


@pytest.fixture(scope="session")
def rushes_broker(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Broker]":
    """A broker: KAFKA_BOOTSTRAP_SERVERS, or else a container, or else Tansu."""
    from rushes_testing.broker import broker

    with broker(tmp_path_factory.mktemp("broker")) as found:
        yield found


@pytest.fixture
def rushes_topic(rushes_broker: "Broker") -> Iterator[str]:
    """The name of a topic that is created for this test and deleted after it."""
    name = rushes_broker.new_topic()
    yield name
    rushes_broker.drop_topic(name)


@pytest.fixture
def rushes_group() -> str:
    """A unique name of a consumer group."""
    return f"test-{uuid4()}"


@pytest.fixture(scope="session")
def rushes_index(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[QdrantIndex]":
    """An index: QDRANT_URL, else a container, else Qdrant Edge."""
    from rushes_testing.index import index

    with index(tmp_path_factory.mktemp("index")) as found:
        yield found


@pytest.fixture(scope="session")
def rushes_blobs(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[BlobStore]":
    """A blob store: S3_URL, else a container, else a folder."""
    from rushes_testing.blobs import blobs

    with blobs(tmp_path_factory.mktemp("blobs")) as found:
        yield found


@pytest.fixture(scope="session")
def rushes_settings() -> Mapping[str, str]:
    """Settings of the pipeline, as environment variables. Override this fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def rushes(
    rushes_broker: "Broker",
    rushes_index: "QdrantIndex",
    rushes_blobs: "BlobStore",
    rushes_settings: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> "Iterator[Rushes]":
    """All of rushes, running: `rushes.url`, `rushes.broker`, `rushes.add(path)`."""
    from rushes_testing.pipeline import pipeline

    folder = tmp_path_factory.mktemp("rushes")
    with pipeline(rushes_broker, rushes_index, rushes_blobs, folder, rushes_settings) as running:
        yield running
