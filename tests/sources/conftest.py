"""An authority for the certificates of the servers on loopback."""

import pytest
import trustme


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Signs certificates for any name."""
    return trustme.CA()
