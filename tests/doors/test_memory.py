"""The memory of a process that takes uploads, whatever comes: what the kernel says it had at the most."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from .grammars import BOUNDARY, JSON
from .served import Answer, request, send

MOST_BYTES = 256 * 1024 * 1024
ROOT = Path(__file__).parents[2]
MEGABYTE = b"x" * 1_000_000
FORM = (b"Content-Type", b"multipart/form-data; boundary=" + BOUNDARY)


@dataclass
class Door:
    """A server process."""

    pid: int
    port: int

    def most_bytes(self) -> int:
        """The peak of its resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    command = [sys.executable, "-m", "tests.doors.ingest_door", str(tmp_path_factory.mktemp("blobs"))]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdout and process.stdin
        for line in process.stdout:
            if line.strip().isdigit():
                yield Door(process.pid, int(line))
                break
        process.stdin.close()


@pytest.fixture(autouse=True)
def bounded(door: Door) -> Iterator[None]:
    """Whatever a test sends, the memory stays below the limit, and others are answered."""
    yield
    assert send(door.port, request("GET", b"/healthz")).status == 200
    assert door.most_bytes() < MOST_BYTES, f"{door.most_bytes():,} bytes"


def part(name: bytes, value: bytes) -> bytes:
    return b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (BOUNDARY, name, value)


def send_many(port: int, head: bytes, piece: bytes, times: int) -> Answer:
    """A request whose body is a piece many times, or as much of it as the server takes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head)
            for _ in range(times):
                connection.sendall(piece)
        status = connection.makefile("rb").readline()
    return Answer(int(status.split()[1]), {}, b"")


@pytest.mark.parametrize("name", [b"title", b"metadata", b"unknown"])
def test_fifteen_hundred_fields_of_a_megabyte(door: Door, name: bytes) -> None:
    piece = part(name, MEGABYTE)
    head = request("POST", b"/v1/uploads", [FORM, (b"Content-Length", b"%d" % (1500 * len(piece)))])
    assert send_many(door.port, head, piece, 1500).status == 422


def test_a_hundred_thousand_empty_fields(door: Door) -> None:
    assert send(door.port, request("POST", b"/v1/uploads", [FORM], part(b"unknown", b"") * 100_000)).status == 422


def test_a_header_of_a_part_without_an_end(door: Door) -> None:
    body = b"--%s\r\nContent-Disposition: form-data; x=" % BOUNDARY + MEGABYTE * 20
    assert send(door.port, request("POST", b"/v1/uploads", [FORM], body)).status == 422


@pytest.mark.parametrize("kind", [b"application/json", b"text/plain", b"application/x-www-form-urlencoded"])
def test_a_gigabyte_where_json_is_taken(door: Door, kind: bytes) -> None:
    headers = [(b"Content-Type", kind), (b"Transfer-Encoding", b"chunked")]
    chunk = b"%x\r\n%s\r\n" % (len(MEGABYTE), MEGABYTE)
    assert send_many(door.port, request("POST", b"/v1/uploads/from-uri", headers), chunk, 1000).status == 413


LENGTH = (b"Content-Length", b"1000000")
UNFINISHED_JSON = request("POST", b"/v1/uploads/from-uri", [*JSON, LENGTH])
UNFINISHED_FORM = request("POST", b"/v1/uploads", [FORM, LENGTH]) + part(b"description", b"")[:-2]


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (UNFINISHED_JSON, 999_999),
        (UNFINISHED_FORM, 250_000),
    ],
    ids=["JSON", "forms"],
)
def test_many_unfinished_bodies_at_a_time(door: Door, head: bytes, size: int) -> None:
    """Together they would be far more than the memory; those that are too much are answered, the others wait on."""
    with ExitStack() as stack:
        for _ in range(250_000_000 // size):
            last = stack.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=30))
            last.sendall(head + b"x" * size)
        assert last.recv(12) == b"HTTP/1.1 503"
        assert send(door.port, request("GET", b"/healthz")).status == 200
