"""The command as a person runs it, and an instance that it talks to."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from rushes_cli.client import Client
from rushes_cli.main import main
from rushes_schemas.ids import video_id

from .instance import Instance, running

FILM = Path(__file__).parents[2] / "examples" / "silent-postcards.mp4"
ID = video_id(hashlib.sha256(FILM.read_bytes()).hexdigest())


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


Rushes = Callable[..., Said]


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with running(tmp_path_factory.mktemp("instance")) as instance:
        yield instance


@pytest.fixture
def instance(_running: Instance, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    """The services' own HTTP side, which knows nothing yet. It logs nothing, since its process is the command's too."""
    monkeypatch.setattr("rushes_query.library.watch.POLL_S", 0)
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    _running.reset()
    yield _running
    structlog.configure(**before)


@pytest.fixture
def client(instance: Instance) -> Iterator[Client]:
    """A connection to it."""
    with Client(instance.url) as client:
        yield client


@pytest.fixture
def rushes(instance: Instance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rushes:
    """Runs the command against the instance."""
    monkeypatch.setenv("RUSHES_URL", instance.url)
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
    """A video: a real one, since ingest's door looks into it."""
    return Path(shutil.copy(FILM, tmp_path / "film.mp4"))
