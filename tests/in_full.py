"""Whether the tests that `make test-all` runs cut short are run in full, as `make test-long` does."""

import os

IN_FULL = "TESTS_IN_FULL" in os.environ
