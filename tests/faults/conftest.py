"""What the tests of this folder share."""

from collections.abc import Iterator

import pytest
from tests.flow.instance import none_left


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    with none_left():
        yield
