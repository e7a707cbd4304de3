# Generated from rushes_client/_async/uploads.py by `make client`: change that file instead.
"""Sending a file: in one request where it is small, in pieces that can be resumed (tus 1.0.0) where it is not."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import httpx

from rushes_client._sync.waiting import sleep
from rushes_client.options import Said
from rushes_client.transport import PASSING, CountedFile, Outcome, checked, parsed, wait_before_retry
from rushes_schemas.api import Accepted, UploadState

PIECE = 8 * 1024 * 1024
"""Bytes of one request of a resumable upload; smaller files are sent in one request."""
TIMEOUT = httpx.Timeout(60, connect=5, read=1800)
"""An upload is answered after the instance has probed the file."""
RESUMABLE = frozenset({409, 423, 460}) | PASSING
"""Answers after which the client asks the instance for the offset and goes on from there."""
VERSION = {"Tus-Resumable": "1.0.0"}

Sent = Callable[[int], None]
"""Called with the number of bytes of each piece that was sent."""


class Connection(Protocol):
    """What an upload needs of the client."""

    url: str
    retries: int

    def send_once(self, method: str, path: str, request: Mapping[str, Any]) -> Outcome:
        """Send a request once."""
        ...

    def send(
        self, method: str, path: str, *, safe: bool = True, retries: int | None = None, **request: Any
    ) -> httpx.Response:
        """Send a request, retried where that is safe. Raises ClientError."""
        ...


def upload(client: Connection, path: Path, said: Said, sent: Sent) -> Accepted:
    """Send a file. Raises ClientError, and OSError for the file."""
    size = path.stat().st_size
    if size > PIECE:
        return _in_pieces(client, path, size, said, sent)
    with CountedFile(path, sent) as file:
        form = {"files": {"file": (_name(path), file)}, "data": said.as_text(), "timeout": TIMEOUT}
        response = client.send("POST", "/v1/uploads", safe=False, retries=0, **form)
    return parsed(Accepted, response, client.url)


def _in_pieces(client: Connection, path: Path, size: int, said: Said, sent: Sent) -> Accepted:
    length = {"Upload-Length": str(size), "Upload-Metadata": _metadata({"filename": _name(path)} | said.as_text())}
    created = client.send("POST", "/v1/uploads/resumable", **_tus(length))
    place = created.headers["location"]
    offset = failures = 0
    with path.open("rb") as file:
        while offset < size:
            outcome = _piece(client, place, file, offset)
            if isinstance(outcome, httpx.Response) and outcome.is_success:
                reached, failures = int(outcome.headers["upload-offset"]), 0
            else:
                if failures == client.retries or not _may_go_on(outcome):
                    checked(outcome, client.url)
                sleep(wait_before_retry(outcome, failures, safe=True) or 0.0)
                failures += 1
                head = client.send("HEAD", place, **_tus({}))
                reached = int(head.headers["upload-offset"])
            if reached > offset:
                sent(reached - offset)
            offset = reached
    state = parsed(UploadState, client.send("GET", place, **_tus({})), client.url)
    assert state.accepted, "the offset is the length only of an upload that was accepted"
    return state.accepted


def _piece(client: Connection, place: str, file: BinaryIO, offset: int) -> Outcome:
    file.seek(offset)
    piece = file.read(PIECE)
    digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
    headers = {"Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {digest}"}
    headers["Content-Type"] = "application/offset+octet-stream"
    return client.send_once("PATCH", place, {"content": piece, **_tus(headers)})


def _may_go_on(outcome: Outcome) -> bool:
    return isinstance(outcome, httpx.TransportError) or outcome.status_code in RESUMABLE


def _tus(headers: Mapping[str, str]) -> dict[str, Any]:
    return {"headers": VERSION | dict(headers), "timeout": TIMEOUT}


def _name(path: Path) -> str:
    """The file's name as text. A name may be any bytes: those that are no UTF-8 become U+FFFD."""
    return path.name.encode(errors="surrogateescape").decode(errors="replace")


def _metadata(texts: Mapping[str, str]) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in texts.items())
