"""Servers that videos are fetched from, and that mean ill: they drip, they redirect, they never end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from tests.attack.films import id_of
from tests.attack.target import Target

DRIP_S = 0.5
SECRET = b"an answer of this machine's own that nobody outside may read " * 20


class Ill(BaseHTTPRequestHandler):
    """`/drip` gives a byte now and then, `/endless` never ends, `/to?URI` sends elsewhere, `/round` in circles."""

    stopped = Event()

    def do_GET(self) -> None:
        if self.path.startswith("/to?"):
            self._redirect(self.path.removeprefix("/to?"))
        elif self.path.startswith("/round"):
            self._redirect("/round-and-round.mp4")
        else:
            self._send()

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.end_headers()

    def _send(self) -> None:
        self.send_response(200)
        self.end_headers()
        piece = {"/drip": b"x", "/endless": bytes(1 << 16)}.get(self.path.split(".")[0], b"")
        try:
            if not piece:
                self.wfile.write(SECRET)
            while piece and not self.stopped.is_set():
                self.wfile.write(piece)
                if len(piece) == 1:
                    self.stopped.wait(DRIP_S)
        except OSError:
            pass  # it hung up, as it should

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def ill(host: str = "127.0.0.1") -> Iterator[int]:
    """Such a server on a port of loopback."""
    Ill.stopped.clear()
    server = ThreadingHTTPServer((host, 0), Ill)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_port)
    finally:
        Ill.stopped.set()
        server.shutdown()
        server.server_close()


def sources(target: Target) -> None:
    """With one address and port of loopback allowed: each is given up within its limits, and leaves no bytes."""
    with ill() as port, ill("127.0.0.2") as elsewhere:
        target.stop()
        allowed = {
            "RUSHES_SOURCES__SCHEMES": json.dumps(["file", "s3", "http", "https", "blob"]),
            "RUSHES_SOURCES__PRIVATE_ADDRESSES": json.dumps(["127.0.0.1/32"]),
            "RUSHES_SOURCES__PORTS": json.dumps([port, elsewhere]),
            "RUSHES_SOURCES__WINDOW_S": "2",
        }
        if not target.start(**allowed):
            target.revive()
            return
        here = f"http://127.0.0.1:{port}"
        target.from_uris(
            [
                f"{here}/drip.mp4",
                f"{here}/endless.mp4",
                f"{here}/round.mp4",
                f"{here}/secret.mp4",
                f"{here}/to?http://127.0.0.2:{elsewhere}/elsewhere.mp4",
                f"{here}/to?http://[::ffff:127.0.0.2]:{elsewhere}/mapped.mp4",
                f"{here}/to?{target.up.url}/v1/videos?own.mp4",
                f"{here}/to?file:///etc/passwd",
            ]
        )
        stored = target.holds_bytes(SECRET)
        target.tally.holds("what was no video is not kept", not stored, f"lies in {stored}")
        film = target.new_film()
        target.upload(film, "beside-the-ill.mp4")
        indexed = target.status(id_of(film)) in ("indexed", "degraded")
        target.tally.holds("a good upload beside them", indexed, "was not indexed")
    target.stop()
    if not target.start():
        target.revive()
