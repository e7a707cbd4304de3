"""`make bench-doors`: both doors at once for a minute; how fast, how many errors, and whether memory stays flat."""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
from bench.page import table, write_section
from bench.served import Served, served

from rushes_client import Client
from rushes_query.grpc import query_pb2 as pb
from rushes_query.grpc.query_pb2_grpc import QueryStub

EXAMPLES = Path(__file__).parents[1] / "examples"
FILMS = ("cabinet-of-curiosities.mp4", "sonnet-at-night.mp4", "persuasion-es.mp4")
WORDS = ("a cat", "what your country can do for you", "coffee", "un cuñado", "a rocket", "gaudy spring", "raccoon")
WORKERS = 2
"""For each kind of question."""
PART = 256 * 1024

Ask = Callable[[], Awaitable[None]]


class Load:
    """Questions of every kind, asked one after the other by a few workers each."""

    def __init__(self, http: httpx.AsyncClient, rpc: Any, video_ids: list[str]) -> None:
        self._http, self._rpc, self._ids = http, rpc, video_ids
        self.took_ms: defaultdict[str, list[float]] = defaultdict(list)
        self.errors: defaultdict[str, int] = defaultdict(int)

    async def search_http(self) -> None:
        (await self._http.get("/v1/search", params={"q": random.choice(WORDS)})).raise_for_status()

    async def status_http(self) -> None:
        (await self._http.get(f"/v1/videos/{random.choice(self._ids)}")).raise_for_status()

    async def media_http(self) -> None:
        start = random.randrange(100_000)
        part = {"Range": f"bytes={start}-{start + PART - 1}"}
        answer = await self._http.get(f"/v1/videos/{random.choice(self._ids)}/media", headers=part)
        assert answer.status_code == 206 and answer.content

    async def search_grpc(self) -> None:
        await self._rpc.Search(pb.SearchRequest(q=random.choice(WORDS)), timeout=30)

    async def status_grpc(self) -> None:
        await self._rpc.GetVideo(pb.GetVideoRequest(video_id=random.choice(self._ids)), timeout=30)

    async def ask(self, name: str, ask: Ask, until: float) -> None:
        """Ask until it is time."""
        while time.monotonic() < until:
            started = time.monotonic()
            try:
                await ask()
            except (httpx.HTTPError, grpc.aio.AioRpcError, AssertionError) as error:
                self.errors[name] += 1
                sys.stderr.write(f"{name}: {error!r}\n")
            self.took_ms[name].append((time.monotonic() - started) * 1000)


async def measure(instance: Served, video_ids: list[str], seconds: float) -> tuple[Load, list[int]]:
    """Load both doors; what was measured, and the server's memory in MB, ten times on the way."""
    async with (
        httpx.AsyncClient(base_url=instance.url, trust_env=False, timeout=30) as http,
        grpc.aio.insecure_channel(f"127.0.0.1:{instance.grpc_port}") as channel,
    ):
        load = Load(http, QueryStub(channel), video_ids)  # type: ignore[no-untyped-call]
        kinds = ("search_http", "status_http", "media_http", "search_grpc", "status_grpc")
        until = time.monotonic() + seconds
        memory: list[int] = []
        async with asyncio.TaskGroup() as group:
            for kind in kinds:
                for _ in range(WORKERS):
                    group.create_task(load.ask(kind, getattr(load, kind), until))
            for _ in range(10):
                await asyncio.sleep(seconds / 10)
                memory.append(instance.memory_mb()[0])
    return load, memory


def rows_of(load: Load, seconds: float) -> list[tuple[object, ...]]:
    """A row for each kind of question."""
    rows: list[tuple[object, ...]] = []
    for kind, took in load.took_ms.items():
        took.sort()
        p50, p99 = (took[min(len(took) - 1, int(len(took) * part))] for part in (0.5, 0.99))
        rate = f"{len(took) / seconds:.0f}"
        rows.append((kind.replace("_", ", "), len(took), rate, f"{p50:.1f}", f"{p99:.1f}", load.errors[kind]))
    return rows


def filled(instance: Served) -> list[str]:
    """Add the films and wait until they are indexed; their ids."""
    with Client(instance.url) as client:
        added = [client.upload(EXAMPLES / film) for film in FILMS]
        for accepted in added:
            settled = [*client.events(str(accepted.video_id), since=accepted.accepted_at)][-1]
            assert settled.status == "indexed", settled
    return [accepted.video_id for accepted in added if accepted.video_id]


def main() -> None:
    """Measure, print, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    with (
        tempfile.TemporaryDirectory(prefix="rushes-bench-", ignore_cleanup_errors=True) as name,
        served(Path(name)) as instance,
    ):
        load, memory = asyncio.run(measure(instance, filled(instance), seconds))
    text = table(("question, door", "asked", "a second", "p50 ms", "p99 ms", "errors"), rows_of(load, seconds))
    text += f"\n\n{WORKERS} workers for each, {seconds:g} s, all at once. The server's memory on the way, MB: "
    text += ", ".join(map(str, memory)) + "."
    sys.stdout.write(f"{text}\n")
    write_section("bench-doors", text)


if __name__ == "__main__":
    main()
