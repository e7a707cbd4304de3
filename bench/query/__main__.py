"""`make bench-query`: the query service alone under load, over synthetic scenes on Qdrant Edge."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.page import table, write_section
from bench.query.load import Load, load
from bench.query.scenes import KEYFRAMES, scenes

from rushes_cli.local.instance import free_ports
from rushes_models.registry import Encoders, image_text_encoder, recipes, text_encoder
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.made_with import MadeWith
from rushes_runtime.index.scene_collections import scenes_spec
from rushes_runtime.index.video_records import VIDEOS
from rushes_runtime.settings import ModelSettings
from rushes_schemas.index import SCENES_ALIAS, VIDEOS_COLLECTION

SIZES = {10_000: (1,), 100_000: (1, 8)}
"""Scenes, and how many clients ask at once."""
WARM_S = 5.0


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="keep the scenes here, and use them again")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--dry", action="store_true", help="only print")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rushes-bench-", ignore_cleanup_errors=True) as folder:
        rows = [
            (f"{size:,}", *row)
            for size, clients in SIZES.items()
            for row in measured(asked.data or Path(folder), size, clients, asked.seconds)
        ]
    header = ("scenes", "clients", "p50 ms", "p95 ms", "p99 ms", "requests/s", "requests", "moments", "memory MB")
    text = table(header, rows)
    sys.stdout.write(f"{text}\n")
    if not asked.dry:
        write_section("bench-query", f"{INTRODUCTION}\n{text}")


INTRODUCTION = f"""The query service in a process of its own, with its models and Qdrant Edge in it, asked by clients on
the same machine over HTTP; every question is new, so that its text is encoded. Scenes have {KEYFRAMES} keyframes and
the default models' vectors (512-d each), a text of three sentences, and the payload of real ones. Memory is what the
process holds (resident; the pages of the index that the kernel keeps in its cache included).
"""


def measured(data: Path, size: int, clients: tuple[int, ...], seconds: float) -> Iterator[tuple[object, ...]]:
    """A row for each number of clients."""
    folder = data / str(size)
    asyncio.run(filled(folder, size))
    with serving(folder) as (port, pid):
        load(port, 2, WARM_S)
        for number in clients:
            yield _row(load(port, number, seconds), pid)


async def filled(folder: Path, size: int) -> None:
    """Index the scenes, unless an earlier run did."""
    index, models = EdgeIndex(folder / "index"), ModelSettings()
    texts = text_encoder(models.text)
    images = image_text_encoder(models.image_text, models.threads)
    try:
        collection = MadeWith.of(models, recipes(images, texts)).collection
        await index.ensure(collection, scenes_spec(Encoders(images, texts)))
        await index.ensure(VIDEOS_COLLECTION, VIDEOS)
        await index.point_alias(SCENES_ALIAS, collection)
        if await index.count(collection) == size:
            return
        started = time.monotonic()
        for points in scenes(size, texts, images):
            await index.upsert(collection, points)
        sys.stderr.write(f"{size} scenes indexed in {time.monotonic() - started:.0f} s\n")
    finally:
        await index.close()


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """The service, ready; its port and its process."""
    (port,) = free_ports(1)
    process = subprocess.Popen([sys.executable, "-m", "bench.query.server", str(folder), str(port)])
    try:
        _await_ready(f"http://127.0.0.1:{port}/readyz", process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _await_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("the query service did not become ready")


def _row(its: Load, pid: int) -> tuple[object, ...]:
    status = Path(f"/proc/{pid}/status").read_text()
    memory = next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    times = (f"{its.p50_ms:.1f}", f"{its.p95_ms:.1f}", f"{its.p99_ms:.1f}")
    return its.clients, *times, f"{its.per_second:.0f}", its.requests, f"{its.found:.1f}", memory


if __name__ == "__main__":
    main()
