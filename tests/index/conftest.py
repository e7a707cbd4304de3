"""One behaviour suite, every adapter: Edge, the server's over a real wire, and a real server where there is one.

Over the wire it is answered by qdrant-client's local mode, and by Edge in the test harness's index process.

`RUSHES_TEST_QDRANT_URL` (and `RUSHES_TEST_QDRANT_API_KEY`) name the real server; the tests clean up what they make.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.port import Index
from rushes_runtime.index.server import ServerIndex
from rushes_testing.process import free_pair
from rushes_testing.qdrant import QdrantProcess
from rushes_testing.qdrant_wire import LocalEngine, serving

from .samples import SPEC

LIVE = os.environ.get("RUSHES_TEST_QDRANT_URL")


@pytest.fixture(scope="session")
def edge_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QdrantProcess]:
    """Edge behind Qdrant's protocol, in a process of its own."""
    with QdrantProcess(tmp_path_factory.mktemp("index"), free_pair()) as process:
        yield process


@pytest.fixture(params=["edge", "edge process", "local mode", *(["live"] if LIVE else [])])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Index]:
    """An index to use as the port says."""
    index: Index
    if request.param == "edge":
        index = EdgeIndex(tmp_path / "index")
        yield index
        await index.close()
    elif request.param == "edge process":
        index = ServerIndex(request.getfixturevalue("edge_process").url)
        yield index
        await index.close()
    elif request.param == "local mode":
        engine = LocalEngine()
        async with serving(engine) as port:
            index = ServerIndex("http://127.0.0.1:6333", grpc_port=port)
            yield index
            await index.close()
        await engine.close()
    else:
        index = ServerIndex(str(LIVE), os.environ.get("RUSHES_TEST_QDRANT_API_KEY"))
        yield index
        await index.close()


@pytest.fixture
async def fresh(index: Index) -> AsyncIterator[Callable[[], str]]:
    """Makes names that nobody uses; a server forgets them at the end, and a folder goes with its test anyway."""
    names: list[str] = []

    def name() -> str:
        names.append(f"test-{uuid4()}")
        return names[-1]

    yield name
    for each in names if isinstance(index, ServerIndex) else ():
        await index.drop(each)


@pytest.fixture
async def scenes(index: Index, fresh: Callable[[], str]) -> str:
    """The name of an empty collection of `samples.SPEC`."""
    name = fresh()
    await index.ensure(name, SPEC)
    return name


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)
