"""Something that the services stand on is gone for a while: what they say meanwhile, and what it costs them."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from confluent_kafka import Producer
from tests.chaos.fleet import SERVICES
from tests.chaos.outcome import Outcome, outcome, waiting
from tests.cluster.cluster import SETTLED, Cluster, until
from tests.cluster.services import ServiceProcess

from rushes_testing.process import Process, descendants

WITHIN_S = 600.0
"""How long the work may take once everything is back."""
GROWTH_MB = 150
"""Of all services and their children together; a queue that grows, or a loop that leaks, is more."""


@dataclass(frozen=True)
class Outage:
    """One part that was gone."""

    part: str
    said: dict[str, str]
    """What `/readyz` of each service said of it meanwhile."""
    before_mb: int
    most_mb: int
    """Resident memory of all services and their children: before, and the most of it while the part was gone."""
    warm_mb: int
    """Resident memory after the first work of all, in which every model takes what it needs."""
    after: Outcome

    def wrong(self) -> list[str]:
        """What it cost; nothing, if all is well."""
        found = [f"{video['video_id']} is {video['status']}" for video in self.after.videos.values()]
        found = [sentence for sentence in found if not sentence.endswith(" indexed")]
        found += [f"dead letter: {letter}" for letter in self.after.dead]
        found += [f"more than once: {point}" for point, count in self.after.points.items() if count > 1]
        if self.most_mb > self.warm_mb + GROWTH_MB:
            found.append(f"{self.most_mb} MB of memory, {self.warm_mb} before")
        return found


def one_after_another(folder: Path, films: Sequence[Path], away_s: float, settings: Mapping[str, str]) -> list[Outage]:
    """Have the broker, the index and the blob store gone for so long, two films being on their way each time."""
    with Cluster(folder, "PLAINTEXT", **settings) as cluster:
        cluster.run(dict.fromkeys(SERVICES, 1))
        publish(cluster, films[:2])
        cluster.settled(2, WITHIN_S)
        warm_mb = resident_mb(cluster.services)
        found = [
            gone(cluster, cluster.kafka, away_s, films[2:4], ["ingest", "asr", "scenes", "embed", "catalog"], warm_mb),
            gone(cluster, cluster.index, away_s, films[4:6], ["embed", "catalog"], warm_mb),
            gone(cluster, cluster.minio, away_s, films[6:8], ["ingest"], warm_mb),
        ]
        assert [process.stop() for process in cluster.services] == [0] * len(SERVICES)
        return found


def gone(
    cluster: Cluster, part: Process, for_s: float, films: Sequence[Path], waits: Sequence[str], warm_mb: int
) -> Outage:
    """Publish films, kill the part, start it again so much later, and wait until all that is known has settled.

    `waits` are the services that are to say that they wait for it.
    """
    known = len(cluster.videos())
    before = resident_mb(cluster.services)
    publish(cluster, films)
    part.kill()
    killed = time.monotonic()
    said, most = _watched(cluster, waits, lambda: time.monotonic() - killed > for_s)
    part.start()
    _settled(cluster, known + len(films))
    return Outage(part.name, said, before, most, warm_mb, outcome(cluster))


def publish(cluster: Cluster, films: Iterable[Path]) -> None:
    """Announce films as raw events, by their place on this machine."""
    producer = Producer({"bootstrap.servers": cluster.kafka.addresses.plaintext, "log_level": 0})
    for film in films:
        producer.produce("video-uploaded", json.dumps({"uri": film.as_uri(), "title": film.stem}))
    assert producer.flush(30) == 0, "the broker did not take the events"


def _watched(cluster: Cluster, waits: Sequence[str], is_over: Callable[[], bool]) -> tuple[dict[str, str], int]:
    """Look until the time is over and every service has said what it waits for; that, and the most memory."""
    said: dict[str, str] = {}
    most = 0

    def look() -> bool | None:
        nonlocal most
        most = max(most, resident_mb(cluster.services))
        for process in cluster.services:
            if (wrong := not_ready(process)) and process.service not in said:
                said[process.service] = wrong
        return (is_over() and said.keys() >= set(waits)) or None

    until(look, WITHIN_S, lambda: f"only these said what they wait for: {said}")
    return said, most


def not_ready(process: ServiceProcess) -> str | None:
    """What a service says is wrong; None where nothing is, or where it does not answer just now."""
    try:
        answer = httpx.get(f"{process.url}/readyz", timeout=30)
    except httpx.HTTPError:
        return None
    wrong = {name: said for name, said in answer.json()["checks"].items() if said != "ok"}
    return json.dumps(wrong) if wrong else None


def resident_mb(processes: Iterable[Process]) -> int:
    """Resident memory of these and of all below them, in MB."""
    pids = {pid for each in processes if each.is_running for pid in (each.pid, *descendants(each.pid))}
    return sum(map(_resident, pids)) // 1_000_000


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _settled(cluster: Cluster, count: int) -> None:
    def all_settled() -> bool | None:
        try:
            videos = cluster.videos().values()
        except httpx.HTTPError:
            return None  # the query service has not found the index again
        done = [video for video in videos if video["status"] in SETTLED]
        return (len(done) == len(videos) == count and not waiting(cluster)) or None

    until(all_settled, WITHIN_S, lambda: f"waiting: {waiting(cluster)}\n{cluster.explained()}")
