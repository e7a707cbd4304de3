"""Programs that the tests fetch once and keep: `${XDG_CACHE_HOME:-~/.cache}/rushes-tests`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name in the cache; `make` fills it the first time, and it is there whole or not at all.

    Two test runs at once make it once.
    """
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rushes-tests"
    root.mkdir(parents=True, exist_ok=True)
    folder = root / name
    with FileLock(root / f"{name}.lock"):
        if not folder.is_dir():
            making = Path(tempfile.mkdtemp(dir=root, prefix=f".{name}-"))
            try:
                make(making)
                making.rename(folder)
            finally:
                shutil.rmtree(making, ignore_errors=True)
    return folder


def run(command: list[str], **environment: str) -> None:
    """Run a program to its end. Raises AssertionError with what it said where it fails."""
    ours = Path(sys.executable).parent  # Go comes in a wheel
    program = shutil.which(command[0], path=f"{ours}{os.pathsep}{os.environ['PATH']}")
    assert program, f"{command[0]} is not installed: run tests/setup-all.sh, or `make test-all`, which does"
    done = subprocess.run(
        [program, *command[1:]], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}"
