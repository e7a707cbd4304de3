"""What the tests of this folder share. They need Java, Maven and Go; `make test-all` sees to that."""

from pathlib import Path

import pytest
from tests.in_full import IN_FULL

HERE = Path(__file__).parent
SHORT = {"test_rebalances.py", "test_disk_full.py"} | (set() if IN_FULL else {"test_chaos.py"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder is for `make test-all`, or, but for what is short, for `make test-long`."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.all)
            if item.path.name not in SHORT:
                item.add_marker(pytest.mark.long)
