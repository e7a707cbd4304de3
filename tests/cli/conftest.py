"""The command as a person runs it, and an instance that it talks to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rushes_cli.client import Client
from rushes_cli.main import main

from .fake import Fake
from .server import serving


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


Rushes = Callable[..., Said]


@pytest.fixture(scope="session")
def _served() -> Iterator[Fake]:
    with serving(Fake()) as fake:
        yield fake


@pytest.fixture
def fake(_served: Fake) -> Fake:
    """An instance that knows nothing yet."""
    _served.reset()
    return _served


@pytest.fixture
def client(fake: Fake) -> Iterator[Client]:
    """A connection to it."""
    with Client(fake.url) as client:
        yield client


@pytest.fixture
def rushes(fake: Fake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rushes:
    """Runs the command against the instance."""
    monkeypatch.setenv("RUSHES_URL", fake.url)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("rushes_cli.adding.POLL_S", 0)

    def run(*arguments: str) -> Said:
        code = main(arguments)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> str:
    """A URL at which nothing listens, as RUSHES_URL."""
    url = "http://127.0.0.1:9"
    monkeypatch.setenv("RUSHES_URL", url)
    return url


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file that is called like a video; nobody here looks into it."""
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(200_000))
    return path
