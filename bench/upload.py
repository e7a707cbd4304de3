"""`make bench-upload`: a large film, whose upload is killed five times and resumed by an existing tus client."""

import argparse
import base64
import hashlib
import multiprocessing
import shutil
import sys
import tempfile
import time
from pathlib import Path

import httpx
from bench.page import table, write_section
from bench.served import Served, served
from tusclient.client import TusClient

FILM = Path(__file__).parents[1] / "examples" / "uneven-clock.mp4"
CHUNK = 64 * 1024 * 1024
INTERRUPTIONS = 5
PATH = "/v1/uploads/resumable"


def large(path: Path, size: int) -> None:
    """A playable film of so many bytes: an example and a box of free space behind it, as ISO 14496-12 has it."""
    shutil.copy(FILM, path)
    free = size - path.stat().st_size
    with path.open("ab") as file:
        file.write((1).to_bytes(4, "big") + b"free" + free.to_bytes(8, "big"))
        file.truncate(size)


def send(url: str, path: str, place: str) -> None:
    """Send the rest of an upload, by tuspy, with a checksum on every piece."""
    client = TusClient(url + PATH)
    client.uploader(path, url=place, chunk_size=CHUNK, upload_checksum=True).upload()


def offset(place: str) -> int:
    """From where on to send."""
    return int(httpx.head(place, headers={"Tus-Resumable": "1.0.0"}, timeout=60).headers["upload-offset"])


def wrong_checksum(place: str, at: int) -> int:
    """What is answered to bytes that are not those of their checksum."""
    digest = base64.b64encode(hashlib.sha1(b"other bytes").digest()).decode()  # tus asks for it
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(at), "Upload-Checksum": f"sha1 {digest}"}
    headers["Content-Type"] = "application/offset+octet-stream"
    return httpx.patch(place, content=b"x" * 1000, headers=headers, timeout=60).status_code


def measure(instance: Served, film: Path, size: int) -> list[tuple[object, ...]]:
    """Upload the film; the rows of the table. Raises AssertionError where anything is not as promised."""
    uploader = TusClient(instance.url + PATH).uploader(str(film), chunk_size=CHUNK, metadata={"filename": film.name})
    uploader.set_url(uploader.create_url())
    place = str(uploader.url)
    assert wrong_checksum(place, 0) == 460 and offset(place) == 0
    before, _ = instance.memory_mb()
    instance.forget_peak()
    started = time.monotonic()
    spawn = multiprocessing.get_context("spawn")
    for part in range(1, INTERRUPTIONS + 2):
        sending = spawn.Process(target=send, args=(instance.url, str(film), place))
        sending.start()
        if part <= INTERRUPTIONS:
            while offset(place) < size * part // (INTERRUPTIONS + 1):
                assert sending.is_alive()
                time.sleep(0.2)
            sending.kill()
        sending.join()
    took_s = time.monotonic() - started
    state = httpx.get(place, timeout=60).json()
    assert state["offset"] == size and state["accepted"]["video_id"], state
    _, peak = instance.memory_mb()
    return [
        ("bytes", f"{size:,}"),
        ("client killed and resumed, times", INTERRUPTIONS),
        ("seconds, kills, hashing and first look included", f"{took_s:.1f}"),
        ("MB/s", f"{size / took_s / 1e6:.0f}"),
        ("server's memory before, MB", before),
        ("server's peak memory during the upload, MB", peak),
        ("answer to a wrong checksum", 460),
    ]


def main() -> None:
    """Measure, print, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5)
    size = int(parser.parse_args().gigabytes * 1e9)
    with tempfile.TemporaryDirectory(prefix="rushes-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        film = folder / "large.mp4"
        large(film, size)
        with served(folder) as instance:
            rows = measure(instance, film, size)
    text = table(("upload by tus", ""), rows)
    sys.stdout.write(f"{text}\n")
    write_section("bench-upload", text)


if __name__ == "__main__":
    main()
