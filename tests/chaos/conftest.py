"""What the tests of this folder share. They need Java, Maven and Go; `make test-all` sees to that."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder is for `make test-all`, or, but for the rebalances, for `make test-long`."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.all)
            if item.path.name != "test_rebalances.py":
                item.add_marker(pytest.mark.long)
