"""Sending a file: in one request where it is small, in pieces that can be resumed (tus 1.0.0) where it is not."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from rushes_client.answers import Accepted, Answer, UploadState
from rushes_client.calls import Call, Said
from rushes_client.counted import CountedFile
from rushes_client.steps import PASSING, Steps, answered, asked, read, wait_before_next, well

PIECE = 8 * 1024 * 1024
"""Bytes of one request of a resumable upload; files of up to so many are sent in one."""
TIMEOUT = httpx.Timeout(60, connect=5, read=1800)
"""An upload is answered after the instance has looked into the file."""
AGAIN = frozenset({409, 423, 460}) | PASSING
"""Answers after which the instance is asked from where on to send."""
VERSION = {"Tus-Resumable": "1.0.0"}

Sent = Callable[[int], None]


def upload(path: Path, said: Said, sent: Sent, url: str, retries: int) -> Steps[Accepted]:
    """Send a file; `sent` is told how many bytes each piece had. Raises ClientError, and OSError for the file."""
    size = path.stat().st_size
    if size > PIECE:
        return (yield from _in_pieces(path, size, said, sent, url, retries))
    with CountedFile(path, sent) as file:
        form = {"files": {"file": (_name(path), file)}, "data": said.as_text(), "timeout": TIMEOUT}
        return (yield from asked(Call(Accepted, "POST", "/v1/uploads", form, safe=False), url, 0))


def _in_pieces(path: Path, size: int, said: Said, sent: Sent, url: str, retries: int) -> Steps[Accepted]:
    announced = {"Upload-Length": str(size), "Upload-Metadata": _metadata({"filename": _name(path)} | said.as_text())}
    create = _call("POST", "/v1/uploads/resumable", announced)
    place = (yield from answered(create, url, retries)).headers["location"]
    offset = failures = 0
    with path.open("rb") as file:
        while offset < size:
            file.seek(offset)
            piece = file.read(PIECE)
            digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
            headers = {"Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {digest}"}
            call = _call("PATCH", place, headers | {"Content-Type": "application/offset+octet-stream"}, content=piece)
            outcome = yield call
            assert outcome is not None
            if isinstance(outcome, httpx.Response) and outcome.is_success:
                stands, failures = int(outcome.headers["upload-offset"]), 0
            else:
                if failures == retries or not _may_go_on(outcome):
                    well(outcome, url)
                yield wait_before_next(call, outcome, failures) or 0.0
                failures += 1
                head = yield from answered(_call("HEAD", place, {}), url, retries)
                stands = int(head.headers["upload-offset"])
            if stands > offset:
                sent(stands - offset)
            offset = stands
    state = read(UploadState, (yield from answered(_call("GET", place, {}), url, retries)), url)
    assert state.accepted, "the offset is the length only of an upload that was accepted"
    return state.accepted


def _may_go_on(outcome: httpx.Response | httpx.TransportError) -> bool:
    return isinstance(outcome, httpx.TransportError) or outcome.status_code in AGAIN


def _call(method: str, path: str, headers: Mapping[str, str], **request: Any) -> Call[Answer]:
    return Call(Answer, method, path, {"headers": VERSION | dict(headers), "timeout": TIMEOUT, **request})


def _name(path: Path) -> str:
    """The file's name as text; what of it is no UTF-8 is shown as U+FFFD, since a name may be any bytes."""
    return path.name.encode(errors="surrogateescape").decode(errors="replace")


def _metadata(said: Mapping[str, str]) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
