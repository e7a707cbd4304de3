"""What all tests of the scenes service share."""

import cv2
import pytest


@pytest.fixture(scope="session", autouse=True)
def one_opencv_thread() -> None:
    """As in the compute child: threads cost more than they save on pictures so small."""
    cv2.setNumThreads(1)
