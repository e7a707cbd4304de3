"""`rushes run`: one service in a process of its own, and how it says what keeps it from starting.

It is the catalog that runs here, since it needs no model.
"""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from .embedded import tansu_in_a_thread


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A broker with topics of two partitions."""
    with tansu_in_a_thread() as address:
        made = rushes({"RUSHES_KAFKA__BOOTSTRAP_SERVERS": address, "RUSHES_TOPICS__PARTITIONS": "2"}, *APPLY)
        assert made.returncode == 0, made.stderr
        yield address


@pytest.fixture
def environment(broker: str, tmp_path: Path) -> dict[str, str]:
    """Settings with which the catalog starts."""
    return {
        "RUSHES_KAFKA__BOOTSTRAP_SERVERS": broker,
        "RUSHES_KAFKA__IDEMPOTENT": "false",
        "RUSHES_KAFKA__SESSION_TIMEOUT_S": "2",
        "RUSHES_TOPICS__PARTITIONS": "2",
        "RUSHES_QDRANT__URL": f"edge://{tmp_path / 'index'}",
        "RUSHES_BLOBS__URL": (tmp_path / "blobs").as_uri(),
    }


APPLY = ("topics", "apply", "--yes")
CATALOG = ("run", "catalog", "--port", "0")
NOBODY = "127.0.0.1:9"


def rushes(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command, to its end."""
    command = [sys.executable, "-m", "rushes_cli.main", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=50, check=False)


@contextmanager
def started(environment: dict[str, str], *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The command, running; killed at the end if it still does."""
    command = [sys.executable, "-m", "rushes_cli.main", *arguments]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def only_line(said: "subprocess.CompletedProcess[str]") -> str:
    """What it says as it ends: one line for people, after lines of JSON if any."""
    assert said.returncode == 1
    [line] = [line for line in said.stderr.splitlines() if not line.startswith("{")]
    return line


def test_it_is_ready_tells_its_port_and_stops(environment: dict[str, str]) -> None:
    with started(environment, *CATALOG) as process:
        assert process.stderr
        logged = (json.loads(line) for line in process.stderr)
        running = next(line for line in logged if line["event"] == "running")
        url = f"http://127.0.0.1:{running['port']}"
        ready = httpx.get(f"{url}/readyz").json()
        assert ready["status"] == "ready"
        assert {"broker", "index", "catalog consumer of video-progress"} <= ready["checks"].keys()
        assert "rushes_stage_seconds" in httpx.get(f"{url}/metrics").text
        process.send_signal(signal.SIGTERM)
        assert [line["event"] for line in logged][-1] == "stopping"
        assert process.wait(10) == 0


def test_no_broker(environment: dict[str, str]) -> None:
    places = {"RUSHES_KAFKA__BOOTSTRAP_SERVERS": NOBODY, "RUSHES_KAFKA__CONNECT_TIMEOUT_S": "0.5"}
    said = only_line(rushes(environment | places, *CATALOG))
    assert said.startswith(f"no broker answers at RUSHES_KAFKA__BOOTSTRAP_SERVERS {NOBODY} by ")


def test_a_start_that_waits_for_its_broker_can_be_stopped(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as dumb:  # takes connections, and never says a word
        places = {
            "RUSHES_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{dumb.getsockname()[1]}",
            "RUSHES_KAFKA__CONNECT_TIMEOUT_S": "600",
        }
        with started(environment | places, *CATALOG) as process:
            dumb.settimeout(30)
            connection, _ = dumb.accept()
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
            connection.close()


def test_topics_that_are_missing(environment: dict[str, str]) -> None:
    with tansu_in_a_thread() as empty:
        said = only_line(rushes(environment | {"RUSHES_KAFKA__BOOTSTRAP_SERVERS": empty}, *CATALOG))
    assert said.startswith("there are no topics catalog-dlq, catalog-retry, ") and "video-progress" in said
    assert "`rushes topics apply`" in said


def test_topics_with_too_few_partitions(environment: dict[str, str]) -> None:
    said = only_line(rushes(environment | {"RUSHES_TOPICS__PARTITIONS": "3"}, *CATALOG))
    assert "RUSHES_TOPICS__PARTITIONS (3)" in said and "video-progress has 2" in said


def test_an_index_that_is_not_there(environment: dict[str, str]) -> None:
    said = only_line(rushes(environment | {"RUSHES_QDRANT__URL": f"http://{NOBODY}"}, *CATALOG))
    assert f"http://{NOBODY} (RUSHES_QDRANT__URL)" in said


def test_a_port_that_is_taken(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = only_line(rushes(environment, "run", "catalog", "--port", str(taken.getsockname()[1])))
    assert "RUSHES_HTTP__PORT" in said


def test_a_service_that_there_is_not(environment: dict[str, str]) -> None:
    said = rushes(environment, "run", "broker")
    assert said.returncode == 2 and said.stderr.count("\n") == 1 and "'broker'" in said.stderr
