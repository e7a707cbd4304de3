"""A connection that somebody holds without asking, or without reading what he asked for."""

import asyncio
import json
import resource
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from rushes_runtime.web.problems import MEDIA_TYPE, described

MOST_HEADERS = 64 * 1024
"""Bytes of a request's line and headers together."""
READ_BYTES = 32 * 1024
"""Bytes that are read from a connection at a time. asyncio's 256 KiB, read from a thousand connections before any of
their requests is looked at, would be more than the process may have."""
MOST_FILES = 65_536
"""As many sockets and files as the process asks the system for."""


class PatientConnection(H11Protocol):
    """uvicorn's, which also closes connections on which no request comes or no answer is read for `patience_s`."""

    def __init__(self, *args: Any, patience_s: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience_s = patience_s
        self._refused = False
        self._silent: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.max_size = READ_BYTES  # type: ignore[attr-defined]
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._silent = _cancelled(self._silent)
        self._unread = _cancelled(self._unread)
        super().connection_lost(exc)
        if self.cycle is not None:
            self.cycle.body = (
                bytearray()
            )  # it and this refer to each other, and the garbage collector may come much later

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._in_request():
            self._silent = _cancelled(self._silent)
        elif self._silent is None and not self.transport.is_closing():
            self._await_request()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self._patience_s, self.transport.abort)

    def resume_writing(self) -> None:
        self._unread = _cancelled(self._unread)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """The answer to what is no HTTP request, as a problem. Called where h11's error is being handled."""
        error = sys.exc_info()[1]
        status = getattr(error, "error_status_hint", 400)
        sentence = f"The request's line and headers have more than {MOST_HEADERS:,} bytes." if status == 431 else msg
        body = json.dumps(described(status, sentence)).encode()
        headers = [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body))), ("Connection", "close")]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(self.conn.send(h11.Response(status_code=status, headers=headers)) or b"")
            self.transport.write(self.conn.send(h11.Data(data=body)) or b"")
        # A close with bytes unread would reset the connection, and the answer with it: say that nothing more will come
        # and read what is on its way.
        self._refused = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._silent = _cancelled(self._silent)
        self._await_request()

    def _await_request(self) -> None:
        self._silent = self.loop.call_later(self._patience_s, self._give_up)

    def _give_up(self) -> None:
        self._silent = None
        if not self._in_request() and not self.transport.is_closing():
            self.transport.close()

    def _in_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete


def more_files() -> None:
    """Let this process have more sockets open than the few that a shell's limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _cancelled(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """No timer, after this one was told to stop."""
    if timer is not None:
        timer.cancel()
    return None
