"""What the two clients do differently, besides `await`. Written by hand."""

import time
from pathlib import Path


def sleep(seconds: float) -> None:
    """Block the thread."""
    time.sleep(seconds)


def read_file(path: Path) -> bytes:
    """A small file. Raises OSError."""
    return path.read_bytes()
