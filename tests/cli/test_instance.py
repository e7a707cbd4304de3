"""How the demonstration starts and stops an instance, with a stand-in that takes no time."""

import sys
from pathlib import Path

import pytest

from rushes_cli.client import Client
from rushes_cli.local import instance
from rushes_cli.local.instance import InstanceFailed, free_ports, running

STAND_IN = """
import http.server, signal, sys
code, port = int(sys.argv[1]), int(sys.argv[sys.argv.index("--port") + 1])
if code == 7:
    sys.exit(code)

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ready", "checks": {}}')

signal.signal(signal.SIGTERM, lambda *_: sys.exit(code))
print("listening", flush=True)
http.server.HTTPServer(("127.0.0.1", port), Ready).serve_forever()
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "POLL_S", 0.01)


def stand_in(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(instance, "COMMAND", (sys.executable, "-c", STAND_IN, str(code)))


def test_it_is_ready_inside_and_gone_afterwards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in(monkeypatch, 0)
    with running(tmp_path, tmp_path / "log") as url, Client(url) as client:
        assert client.readiness().status == "ready"
    assert (tmp_path / "log").read_text().startswith("listening\n")


def test_one_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in(monkeypatch, 7)
    with pytest.raises(InstanceFailed, match="ended with 7 instead of starting"), running(tmp_path, tmp_path / "log"):
        pass


def test_one_that_does_not_stop_well_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in(monkeypatch, 3)
    with pytest.raises(InstanceFailed, match="ended with 3 after SIGTERM"), running(tmp_path, tmp_path / "log"):
        pass


def test_ports_are_free_and_differ() -> None:
    assert len(set(free_ports(3))) == 3
