"""Clients that ask one question after another over HTTP, each over a connection of its own."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from random import Random
from statistics import median, quantiles
from threading import Thread
from urllib.parse import urlencode

from bench.query.scenes import question


@dataclass(frozen=True)
class Load:
    """How a number of clients fared. Times are those that a client waits."""

    clients: int
    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    per_second: float
    found: float
    """Moments in an answer, on average."""


def load(port: int, clients: int, seconds: float) -> Load:
    """Ask for so long, no question twice. Raises RuntimeError for an answer that is none."""
    times: list[float] = []
    found: list[int] = []
    until = time.perf_counter() + seconds
    threads = [Thread(target=_client, args=(port, seed, until, times, found)) for seed in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    if len(found) < len(times):
        raise RuntimeError(f"{len(times) - len(found)} of {len(times)} requests failed")
    cuts = quantiles(times, n=100)
    mean = sum(found) / len(found)
    return Load(clients, len(times), median(times) * 1000, cuts[94] * 1000, cuts[98] * 1000, len(times) / took, mean)


def _client(port: int, seed: int, until: float, times: list[float], found: list[int]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for words in _questions(seed):
        started = time.perf_counter()
        if started >= until:
            break
        connection.request("GET", f"/v1/search?{urlencode({'q': words})}")
        answer = connection.getresponse()
        body = answer.read()
        times.append(time.perf_counter() - started)
        if answer.status == 200:
            found.append(len(json.loads(body)["moments"]))
    connection.close()


def _questions(seed: int) -> Iterator[str]:
    for number in count():
        yield question(Random(f"{seed} {number} {time.time_ns()}"))
