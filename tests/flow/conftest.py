"""One running instance for the tests of this folder that do not kill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .instance import Instance, none_left


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running instance, shared; its last words are printed with what failed."""
    running = Instance(tmp_path_factory.mktemp("rushes")).start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder for an instance of a test's own."""
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    with none_left():
        yield
