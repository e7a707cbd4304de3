"""The doors, opened once for all tests."""

from collections.abc import Iterator

import pytest

from .served import Doors, doors_in


@pytest.fixture(scope="session")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors_in(tmp_path_factory.mktemp("doors")) as opened:
        yield opened
