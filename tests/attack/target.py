"""The instance that is attacked, a real `rushes up` in a process of its own, and what must be true of it always."""

import asyncio
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from tests.attack.films import film, id_of
from tests.attack.tally import Tally
from tests.chaos.up import SETTINGS, Up

from rushes_testing.process import ProcessFailed, descendants
from rushes_testing.waiting import until

Answer = httpx.Response | str
"""An answer; or, where there was none, why."""

EXAMPLE = Path(__file__).parents[2] / "examples" / "uneven-clock.mp4"
ANSWER_S = 20.0
"""An answer that takes longer is none."""
GROWTH = 256_000_000
"""Bytes that the main process may need more than when it had answered its first questions."""
ALL_GROWTH = 4_000_000_000
"""The same of it and its children, which have limits of their own."""
DISK = 1_200_000_000
"""Bytes that the data may take, whatever is sent."""
START_S = 120.0
"""How long a start on the same data may take, on a machine that is busy with other things."""
LIMITS = {
    "RUSHES_INGEST__MAX_SIZE": "500000000",  # so that what gets through fills no disk here
    "RUSHES_INGEST__SEGMENTS__TARGET_S": "3",
    "RUSHES_INGEST__SEGMENTS__MIN_S": "2",
    "RUSHES_INGEST__SEGMENTS__MAX_S": "4",
    "RUSHES_FAILURES__MAX_ATTEMPTS": "3",
    "RUSHES_FAILURES__MAX_COMPUTE_ATTEMPTS": "2",
    "RUSHES_FAILURES__RETRY_CAP_S": "2",
}


class Target:
    """A running instance with one good video."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self.folder = folder
        self.tally = tally
        self.good = EXAMPLE.read_bytes()
        self.good_id = id_of(self.good)
        self._seed = 1000
        self._fresh_start()

    def _fresh_start(self) -> None:
        self.up = Up(self.folder / f"data-{self._seed}", self.folder / "up.log")
        self.up.environment = SETTINGS | LIMITS
        self.up.start()
        sent = self.request("POST", "/v1/uploads", files={"file": ("good.mp4", self.good)})
        assert not isinstance(sent, str) and sent.status_code == 202, sent
        assert self.status(self.good_id, 90) in ("indexed", "degraded"), self.up.tail()
        self.words = self.get_text(f"/v1/videos/{self.good_id}/transcript")
        self._baseline = self._answering()

    # What is sent

    def request(self, method: str, path: str, **more: Any) -> Answer:
        """The answer; or, where there is none in time, why."""
        try:
            return httpx.request(method, self.up.url + path, timeout=ANSWER_S, **more)
        except httpx.TimeoutException:
            return f"no answer within {ANSWER_S:g} s"
        except (httpx.HTTPError, OSError) as error:
            return f"no answer: {error!r}"

    def get_text(self, path: str) -> str:
        """The body of a good answer, or what was answered instead."""
        answer = self.request("GET", path)
        return answer if isinstance(answer, str) else f"{answer.status_code} {answer.text}"

    def upload(self, data: bytes, name: str = "film.mp4", **fields: str) -> Answer:
        """Send a file by a form."""
        return self.request("POST", "/v1/uploads", files={"file": (name, data)}, data=fields)

    def upload_carefully(self, data: bytes, name: str, within_s: float = 30) -> Answer:
        """As `upload`, and once more while it is told to come again (503), as clients do."""
        last: list[Answer] = []

        def look() -> Answer | None:
            last.append(self.upload(data, name))
            return None if not isinstance(last[-1], str) and last[-1].status_code == 503 else last[-1]

        return until(look, within_s) or last[-1]

    def json(self, method: str, path: str, body: str) -> Answer:
        """Send JSON."""
        return self.request(method, path, content=body.encode(), headers={"Content-Type": "application/json"})

    def publish(self, *values: bytes) -> None:
        """Publish raw `video-uploaded` records, as any Kafka client may."""

        async def send() -> None:
            async with AIOKafkaProducer(bootstrap_servers=self.up.kafka, max_request_size=20_000_000) as producer:
                for value in values:
                    await producer.send_and_wait("video-uploaded", value)

        asyncio.run(send())

    def new_film(self, seconds: float = 2) -> bytes:
        """A film that was not sent before."""
        self._seed += 1
        return film(self._seed, seconds)

    # What is seen

    def status(self, video: str, within_s: float = 45) -> str | None:
        """A video's status once it is not in work any more; None if that takes too long."""

        def look() -> str | None:
            answer = self.request("GET", f"/v1/videos/{video}")
            if isinstance(answer, str) or answer.status_code != 200:
                return None
            status = str(answer.json()["status"])
            return None if status == "processing" else status

        return until(look, within_s)

    def gone(self, video: str, within_s: float = 30) -> None:
        """Wait until a video that was deleted is not there any more."""

        def look() -> bool | None:
            answer = self.request("GET", f"/v1/videos/{video}")
            return True if not isinstance(answer, str) and answer.status_code == 404 else None

        self.tally.holds("a deleted video is gone", bool(until(look, within_s)), f"is there after {within_s:g} s")

    def dead(self) -> str:
        """All open dead letters, as text; nothing where they can't be had."""
        answer = self.request("GET", "/v1/dead-letters", params={"limit": 10_000})
        return "" if isinstance(answer, str) or answer.status_code != 200 else answer.text

    def must_die(self, markers: Iterable[str], within_s: float = 45) -> None:
        """Count inputs that are to become dead letters, each known by a piece of text in it."""
        waiting = list(markers)

        def all_dead() -> str | None:
            text = self.dead()
            return text if all(marker in text for marker in waiting) else None

        seen = until(all_dead, within_s)
        text = seen or self.dead()
        for marker in waiting:
            if marker in text:
                self.tally.refused(marker, "dead letter")
            else:
                self.tally.violation(marker, f"is no dead letter after {within_s:g} s")

    def dead_count(self) -> int:
        """How many dead letters are open; 0 where they can't be had."""
        answer = self.request("GET", "/v1/dead-letters", params={"limit": 1})
        return 0 if isinstance(answer, str) or answer.status_code != 200 else int(answer.json()["total"])

    def from_uris(self, uris: Iterable[str], known_by: str | None = None) -> None:
        """Have these fetched, which is to be refused or to end as dead letters, known by the URI or by `known_by`."""
        waiting = []
        for uri in uris:
            sent = self.json("POST", "/v1/uploads/from-uri", json.dumps({"uri": uri}))
            if not isinstance(sent, str) and sent.status_code == 202:
                waiting.append(known_by or uri)
            else:
                self.tally.must_refuse(f"from-uri {uri}", sent)
        self.must_die(waiting)

    def must_become_dead(self, count: int, before: int, name: str, within_s: float = 45) -> None:
        """Count so many inputs without a mark of their own that are to become dead letters."""
        until(lambda: True if self.dead_count() - before >= count else None, within_s)
        found = min(count, self.dead_count() - before)
        for _ in range(found):
            self.tally.refused(name, "dead letter")
        if found < count:
            self.tally.violation(name, f"{count - found} of {count} are no dead letters after {within_s:g} s")

    def artefacts(self, prefix: str = "") -> list[str]:
        """The names of what was made of the good video, not in its segments' folders."""
        folder = self.up.data / "blobs" / "videos" / self.good_id
        return sorted(path.name for path in folder.glob(f"{prefix}*") if path.is_file() and path.name != "source")

    def keys_below(self, prefix: str) -> list[str]:
        """The blobs below a key."""
        folder = self.up.data / "blobs" / prefix
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []

    def disk(self) -> int:
        """Bytes that the data take."""
        found = 0
        for path in self.up.data.rglob("*"):
            try:
                found += path.lstat().st_blocks * 512
            except FileNotFoundError:
                continue
        return found

    def holds_bytes(self, needle: bytes) -> list[str]:
        """The stored files that hold these bytes."""
        files = (path for path in (self.up.data / "blobs").rglob("*") if path.is_file())
        return [str(path.relative_to(self.up.data)) for path in files if needle in path.read_bytes()]

    # What must hold

    def check(self) -> None:
        """After a group: it lives, finds the good video and gives it back whole, takes a new one, within its bounds."""
        held = self._alive()
        self.tally.holds("memory of the main process", (grown := self._grown()) < GROWTH, f"grew by {grown:,} bytes")
        whole = self._of_all()
        self.tally.holds("memory of all processes", whole < ALL_GROWTH, f"take {whole:,} bytes")
        self.tally.holds("disk", (taken := self.disk()) < DISK, f"{taken:,} bytes")
        if not held:
            self.revive()
        elif grown >= GROWTH:
            self._baseline = _peak(self.up.pid)  # said once

    def _alive(self) -> bool:
        if not self.up.is_running:
            self.tally.violation("it lives", f"ended with {self.up.returncode}: {self.up.tail(5)}")
            return False
        found = self.request("GET", "/v1/search", params={"q": "clock"})
        searches = not isinstance(found, str) and found.status_code == 200
        self.tally.holds("it answers a search", searches, str(found))
        media = self.request("GET", f"/v1/videos/{self.good_id}/media")
        same = not isinstance(media, str) and media.content == self.good
        self.tally.holds("the good video is there byte for byte", same, str(media))
        words = self.get_text(f"/v1/videos/{self.good_id}/transcript")
        self.tally.holds("its transcript is the same", words == self.words, words[:200])
        new = self.new_film()
        sent = self.upload(new, f"after-{self._seed}.mp4")
        taken = not isinstance(sent, str) and sent.status_code == 202
        indexed = taken and self.status(id_of(new), 60) in ("indexed", "degraded")
        self.tally.holds("the next upload is indexed", indexed, sent if isinstance(sent, str) else sent.text[:200])
        return searches and same and indexed

    def _answering(self) -> int:
        """Bytes that the main process has needed once it answered its first questions, for which it loads some."""
        for words in ("clock", "시계"):
            self.request("GET", "/v1/search", params={"q": words})
        return _peak(self.up.pid)

    def _grown(self) -> int:
        return _peak(self.up.pid) - self._baseline if self.up.is_running else 0

    def _of_all(self) -> int:
        pids = {self.up.pid, *descendants(self.up.pid)} if self.up.is_running else set()
        return sum(_memory(pid, "VmRSS") for pid in pids)

    def stop(self) -> None:
        """SIGTERM, and count whether it obeyed."""
        try:
            code = self.up.stop(15)
            self.tally.holds("SIGTERM ends it", code == 0, f"ended with {code}")
        except ProcessFailed as error:
            self.tally.violation("SIGTERM ends it", str(error)[:200])

    def start(self, **settings: str) -> bool:
        """Start it on the same data, and count whether it did."""
        self.up.environment = SETTINGS | LIMITS | settings
        self.up._start_s = START_S
        try:
            self.up.start()
        except ProcessFailed as error:
            self.tally.violation("it starts again", str(error)[-300:])
            self.up.kill()
            return False
        self.tally.survived("it starts again")
        self._baseline = max(self._baseline, self._answering())
        return True

    def revive(self) -> None:
        """Go on after a violation, with data of its own, so that the next groups tell of themselves."""
        self.up.kill()
        shutil.rmtree(self.up.data, ignore_errors=True)
        self._seed += 100
        self._fresh_start()

    def close(self) -> None:
        """End it."""
        self.up.kill()


def _peak(pid: int) -> int:
    return _memory(pid, "VmHWM")


def _memory(pid: int, field: str) -> int:
    """Bytes of a process's memory, of which the kernel tells; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
