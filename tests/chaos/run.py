"""A run under kill -9, and the undisturbed one that it is compared with."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.chaos.client import Client, wait_done
from tests.chaos.films import SEGMENTS
from tests.chaos.fleet import SERVICES, Fleet
from tests.chaos.killer import Killer
from tests.chaos.outcome import Outcome, differences, outcome, waiting
from tests.cluster.cluster import SETTLED, Cluster, until

from rushes_testing.process import left_over

SETTINGS = SEGMENTS | {
    "RUSHES_FAILURES__MAX_COMPUTE_ATTEMPTS": "10",  # children are killed here that did nothing wrong
}
SETTLE_S = 900.0
"""How long everything may take after the killing; what is lost is not there later either."""


@dataclass(frozen=True)
class Report:
    """What a run was like."""

    seed: int
    videos: int
    segments: int
    points: int
    blobs: int
    kills: dict[str, int]
    tries: int
    killing_s: float
    settling_s: float
    ended: Sequence[str]
    """Processes that ended by themselves, and were started again."""
    reconciled: Sequence[str]
    """Videos that the reconciler found stuck."""
    wrong: Sequence[str]
    """What is not as it would be undisturbed. Empty: nothing is."""


def undisturbed(folder: Path, films: Sequence[Path]) -> Outcome:
    """The outcome of these films when nothing is killed."""
    with Cluster(folder, "PLAINTEXT", **SETTINGS) as cluster:
        cluster.run(dict.fromkeys(SERVICES, 1))
        _sent(_client(cluster, films, every_s=0))
        _settled(cluster, lambda: None, len(films))
        found = outcome(cluster)
        assert not (wrong := differences(found, found)), wrong
        return found


def chaos(
    folder: Path, films: Sequence[Path], expected: Outcome, seed: int, killing_s: float, say: Callable[[str], None]
) -> Report:
    """Kill for so long while the films are sent, let everything settle, stop it, and compare."""
    with Cluster(folder, "PLAINTEXT", **SETTINGS) as cluster:
        fleet = Fleet(cluster, copies=2)
        fleet.start()
        client = _client(cluster, films, every_s=0.8 * killing_s / len(films))
        client.start()
        killer = Killer(fleet, seed, say)
        began = time.monotonic()
        try:
            killer.rage(killing_s)
            ended = time.monotonic()
            for part in cluster.parts:
                part.wait_ready()
            wait_done(client, SETTLE_S)
        finally:
            client.stop()
        _settled(cluster, fleet.tend, len(films))
        settled = time.monotonic()
        found = outcome(cluster)
        wrong = differences(found, expected)
        wrong += [f"left over of the blobs: {key}" for key in found.left_in_blobs if key.startswith("pending/")]
        fleet.look()
        stopped = {process.name: process.stop() for process in cluster.services}
        wrong += [f"{name} ended with {code} at SIGTERM" for name, code in stopped.items() if code != 0]
        wrong += [f"process {pid} was left behind" for pid in left_over(fleet.seen)]
        return Report(
            seed=seed,
            videos=len(found.videos),
            segments=len({point[1:3] for point in found.points}),
            points=found.points.total(),
            blobs=len(found.blobs),
            kills=dict(killer.kills),
            tries=client.tries,
            killing_s=ended - began,
            settling_s=settled - ended,
            ended=fleet.ended,
            reconciled=_reconciled(cluster),
            wrong=wrong,
        )


def _client(cluster: Cluster, films: Sequence[Path], every_s: float) -> Client:
    doors = [process.url for process in cluster.of("ingest")]
    return Client(films, doors, cluster.kafka.addresses.plaintext, every_s)


def _sent(client: Client) -> None:
    client.start()
    try:
        wait_done(client, SETTLE_S)
    finally:
        client.stop()


def _settled(cluster: Cluster, tend: Callable[[], None], count: int) -> None:
    """Wait until every video is settled and no consumer has anything before it."""

    def explain() -> str:
        return f"waiting: {waiting(cluster)}\n{cluster.explained()}"

    def all_settled() -> bool | None:
        tend()
        try:
            videos = cluster.videos().values()
        except (httpx.HTTPError, StopIteration):
            return None  # a query service is being started again
        done = [video for video in videos if video["status"] in SETTLED]
        return (len(done) == len(videos) == count and not waiting(cluster)) or None

    until(all_settled, SETTLE_S, explain)


def _reconciled(cluster: Cluster) -> list[str]:
    lines = [line for process in cluster.of("catalog") for line in process.log.read_text(errors="replace").splitlines()]
    return [line for line in lines if "a video was stuck" in line]
