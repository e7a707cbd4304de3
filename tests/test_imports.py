"""Importing a package connects to nothing, reads no environment, starts no process and loads no model."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("schemas", "runtime", "models", "services/*", "cli", "client", "testing")
PACKAGES = sorted(path.parent.name for part in PARTS for path in ROOT.glob(f"{part}/rushes_*/__init__.py"))


def test_all_packages_are_looked_at() -> None:
    assert len(PACKAGES) == 12


WATCHED = """
import importlib, os, sys

def forbidden(event, arguments):
    path = str(arguments[0]) if arguments else ""
    if path == "ffmpeg":
        return  # PySceneDetect looks whether there is one, when it is imported
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.fork", "os.posix_spawn"):
        raise AssertionError(f"{event} {arguments}")
    if event == "open" and path.endswith((".onnx", ".npz", "model.bin", ".pt", ".pth", ".safetensors")):
        raise AssertionError(f"loads {path}")

class Environment(dict):
    def __getitem__(self, name):
        return self.looked_at(name) or super().__getitem__(name)
    def get(self, name, default=None):
        return self.looked_at(name) or super().get(name, default)
    def looked_at(self, name):
        if str(name).startswith("RUSHES"):
            raise AssertionError(f"reads {name}")

sys.addaudithook(forbidden)
os.environ = Environment(os.environ)
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_does_nothing(package: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", WATCHED, *modules(package)], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr


def modules(package: str) -> list[str]:
    """Every module of a package; `__main__` is a program, not a library."""
    path = __import__(package).__path__
    below = [module.name for module in pkgutil.walk_packages(path, package + ".")]
    return [package, *(name for name in below if not name.endswith("__main__"))]


def test_the_watch_sees_what_it_forbids(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("bad")
    for name, line in {
        "reads": "import os; os.environ.get('RUSHES_URL')",
        "connects": "import socket; socket.socket().connect(('127.0.0.1', 9))",
        "loads": "open('weights.npz')",
    }.items():
        (folder / f"{name}.py").write_text(line)
        result = subprocess.run([sys.executable, "-c", WATCHED, name], cwd=folder, capture_output=True, check=False)
        assert b"AssertionError" in result.stderr
