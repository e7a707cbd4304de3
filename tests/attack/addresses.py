"""URIs that lead where no video is to be fetched from, and requests under a name that is not ours."""

import os
import socket
import tempfile
from pathlib import Path
from threading import Thread

from tests.attack.films import id_of
from tests.attack.target import Target

LOOPBACK = (
    "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "0.0.0.0", "0",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "localhost.",
)  # fmt: skip
PRIVATE = ("10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]")
PASSWORD = "hunter2-in-a-uri"
SECRET = b"what nobody may read back " * 20


class Listener:
    """Counts who connects to a port of loopback; nobody is to."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        """Listen no longer."""
        self._socket.close()


def addresses(target: Target) -> None:
    """https to this machine and to private networks in every form: refused or a dead letter, and nobody connects."""
    listener = Listener()
    try:
        uris = [f"https://{host}:{listener.port}/{number}-loop.mp4" for number, host in enumerate(LOOPBACK)]
        uris += [f"https://{host}/{number}-private.mp4" for number, host in enumerate(PRIVATE)]
        uris += ["http://127.0.0.1/plain.mp4", "ftp://127.0.0.1/f.mp4", "gopher://127.0.0.1/g", "concat:/etc/passwd"]
        target.from_uris(uris)
        target.tally.holds("nobody connected to this machine", listener.connections == 0, f"{listener.connections} did")
    finally:
        listener.close()
    for bad in (
        "https://[::1",
        "https://",
        "https://[",
        "https://a:b:c/",
        "https://127.0.0.1:99999/x.mp4",
        "",
        "x" * 100_000,
    ):
        sent = target.json("POST", "/v1/uploads/from-uri", f'{{"uri": "{bad}"}}')
        target.tally.must_refuse(f"from-uri {bad[:30]!r}", sent)
    _passwords(target)


def _passwords(target: Target) -> None:
    uri = f"https://user:{PASSWORD}@127.0.0.1:9/password.mp4"
    target.from_uris([uri], known_by="password.mp4")
    shown = {
        "dead letters": target.dead(),
        "the list of videos": target.get_text("/v1/videos?limit=100"),
        "the log": target.up.log.read_text(errors="replace"),
    }
    for where, text in shown.items():
        target.tally.holds(f"password of a URI in {where}", PASSWORD not in text, "is shown")


def files(target: Target) -> None:
    """file:// to what is no regular file or no video: refused, nothing of it is kept, and ingest goes on."""
    folder = Path(tempfile.mkdtemp(dir=target.folder))
    os.mkfifo(folder / "fifo.mp4")
    (folder / "secret.mp4").write_bytes(SECRET)
    (folder / "empty.mp4").touch()
    (folder / "link.mp4").symlink_to("/etc/passwd")
    names = [folder / name for name in ("fifo.mp4", "secret.mp4", "empty.mp4", "link.mp4", "nowhere.mp4")]
    uris = [path.as_uri() for path in (*names, folder)]
    uris += [
        "file:///etc/passwd",
        "file:///dev/zero",
        "file:///dev/stdin",
        "file:///proc/self/mem",
        "file:///proc/kmsg",
    ]
    target.from_uris(uris)
    stored = target.holds_bytes(SECRET)
    target.tally.holds("a file that is no video is not kept", not stored, f"lies in {stored}")
    archive = target.request("GET", "/v1/archive")
    clean = not isinstance(archive, str) and SECRET not in archive.content and b"root:x:" not in archive.content
    target.tally.holds("no local file is in the archive", clean, str(archive)[:100])


def dead_hosts(target: Target) -> None:
    """25 URLs of a host that is not there: none of them makes a good upload wait."""
    uris = [f"https://host-{number}.invalid/dead.mp4" for number in range(25)]
    for uri in uris:
        sent = target.json("POST", "/v1/uploads/from-uri", f'{{"uri": "{uri}"}}')
        target.tally.must_answer(f"from-uri {uri}", sent)
    film = target.new_film()
    target.upload(film, "good-among-the-dead.mp4")
    indexed = target.status(id_of(film), 40) in ("indexed", "degraded")
    target.tally.holds("a good upload among 25 dead hosts", indexed, "was not indexed within 40 s")


def forgeries(target: Target) -> None:
    """Under a foreign Host or from a foreign page, nothing is answered or done."""
    tally = target.tally
    port = target.up.url.rsplit(":", 1)[1]
    for host in (
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1.evil.example",
        f"localhost.evil.example:{port}",
        "169.254.169.254",
    ):
        for method, path in (("GET", "/v1/videos"), ("GET", "/v1/archive"), ("DELETE", f"/v1/videos/{target.good_id}")):
            tally.must_refuse(
                f"Host {host}: {method} {path[:12]}", target.request(method, path, headers={"Host": host})
            )
    for origin in ("https://evil.example", "null", f"http://evil.example:{port}", "http://127.0.0.1:1"):
        for method, path in (
            ("POST", "/v1/uploads/from-uri"),
            ("POST", "/v1/uploads"),
            ("DELETE", f"/v1/videos/{target.good_id}"),
            ("POST", "/v1/dead-letters/discard"),
        ):
            sent = target.request(method, path, headers={"Origin": origin, "Content-Type": "text/plain"}, content=b"{}")
            tally.must_refuse(f"Origin {origin}: {method} {path[:20]}", sent, 401, 403, 421)
