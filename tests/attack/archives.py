"""Archives that were made to do harm: each is refused, and changes nothing of any other video."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping

from tests.attack.films import id_of
from tests.attack.metadata import BAD
from tests.attack.target import Answer, Target

SPARSE = 2_000_000_000
"""What 1.5 KB of archive say that they unpack to."""


def archives(target: Target) -> None:
    """Send each and see that the good video, and a future one, are as before."""
    tally = target.tally
    future = target.new_film()
    ours, theirs = f"videos/{target.good_id}", f"videos/{id_of(future)}"
    hostile = {
        "overwrites another's artefacts, then breaks": _tar({f"{ours}/{name}": b"{}" for name in target.artefacts()}),
        "writes below a future video's key": _tar({f"{theirs}/ingest-0123456789abcdef.json": b"{}"}),
        "member ./x": _tar({"./x": b"x"}),
        "member ../x": _tar({"../x": b"x"}),
        "absolute member": _tar({"/etc/rushes-was-here": b"x"}),
        "climbs out of its folder": _tar({f"{theirs}/../../x": b"x"}),
        "note of no bytes": _tar({f"{theirs}/source.json": b""}),
        "sparse member": _special(tarfile.GNUTYPE_SPARSE, f"{theirs}/source"),
        "symbolic link": _special(tarfile.SYMTYPE, f"{theirs}/source", "/etc/passwd"),
        "hard link": _special(tarfile.LNKTYPE, f"{theirs}/source", "/etc/passwd"),
        "device": _special(tarfile.CHRTYPE, f"{theirs}/source"),
        "FIFO": _special(tarfile.FIFOTYPE, f"{theirs}/source"),
        "pax header of 300 MB": gzip.compress(_header(tarfile.XHDTYPE, "x", 300_000_000) + bytes(300_000_000), 1),
        "member of 400 MB of nothing": gzip.compress(_header(tarfile.REGTYPE, f"{theirs}/source.json", 400_000_000)
        + bytes(400_000_000), 1),
        "cut short": _film_archive(target.new_film())[:1500],
        "no archive": b"x" * 10_000,
        "gzip of nothing": gzip.compress(b""),
    }  # fmt: skip
    for name, data in hostile.items():
        tally.must_refuse(f"archive: {name}", _import(target, data))
    tally.holds("nothing of a refused archive stays", not target.keys_below(theirs), str(target.keys_below(theirs)))
    sent = target.upload(future, "future.mp4")
    accepted = not isinstance(sent, str) and sent.status_code == 202
    indexed = accepted and target.status(id_of(future)) in ("indexed", "degraded")
    tally.holds("the video whose key was aimed at is indexed", indexed, str(sent))
    _plans(target)
    for kind, text in BAD.items():
        name = f"archive: metadata {kind}"
        sent = _import(target, _film_archive(target.new_film(), {"declared.json": f'{{"metadata": {text}}}'.encode()}))
        tally.must_answer(name, sent)


def _plans(target: Target) -> None:
    """A plan out of an archive decides neither what a browser takes the media for, nor which files are read."""
    made = target.artefacts("ingest-")
    if not made:
        target.tally.violation("archive: plan", "the good video has no plan to name one after")
        return
    for uri in ("file:///etc/passwd", "blob:../../../../etc/passwd", f"blob:videos/{target.good_id}/source"):
        film = target.new_film()
        plan = {
            "duration_ms": 2000, "width": 160, "height": 120, "has_audio": True, "media_type": "text/html",
            "segments": [{"index": 0, "start_ms": 0, "end_ms": 2000, "audio_uri": uri}],
        }  # fmt: skip
        sent = _import(target, _film_archive(film, {made[0]: json.dumps(plan).encode()}))
        name = f"archive: plan with audio_uri {uri[:20]} and text/html"
        target.tally.must_answer(name, sent)
        media = target.request("GET", f"/v1/videos/{id_of(film)}/media")
        kind = "" if isinstance(media, str) else media.headers.get("content-type", "")
        target.tally.holds(f"{name}: no page is served", "html" not in kind, f"served as {kind}")
        shown = target.get_text(f"/v1/videos/{id_of(film)}/transcript")
        target.tally.holds(f"{name}: no file is shown", "root:" not in shown, shown[:200])


def _import(target: Target, data: bytes) -> Answer:
    headers = {"Content-Type": "application/x-tar"}
    return target.request("POST", "/v1/uploads/archive", content=data, headers=headers)


def _film_archive(film: bytes, more: Mapping[str, bytes] | None = None) -> bytes:
    folder = f"videos/{id_of(film)}"
    note = {
        "video_id": id_of(film), "sha256": hashlib.sha256(film).hexdigest(), "size_bytes": len(film), "stored_at": 1,
    }  # fmt: skip
    members = {f"{folder}/{name}": data for name, data in (more or {}).items()}
    return _tar(members | {f"{folder}/source": film, f"{folder}/source.json": json.dumps(note).encode()})


def _tar(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return target.getvalue()


def _special(kind: bytes, name: str, link: str = "") -> bytes:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, link
    block = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    if kind == tarfile.GNUTYPE_SPARSE:
        block[386:410] = b"%011o\0%011o\0" % (SPARSE, 0)  # one hole
        block[483:495] = b"%011o\0" % SPARSE
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block) + bytes(1024)


def _header(kind: bytes, name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.GNU_FORMAT)
