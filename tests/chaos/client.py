"""A careful client: it sends each film until it is told that it was taken, through the door or as a raw event."""

import itertools
import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
from confluent_kafka import Producer

PAUSE_S = 0.5
RAW_EVERY = 3
"""Every third film is a raw `video-uploaded`, as any Kafka client may publish it."""


class Client:
    """Sends films in a thread of its own while everything else is being killed.

    `doors` are the URLs of ingest's processes; one that does not answer, or not with 202, is followed by the next.
    """

    def __init__(self, films: Sequence[Path], doors: Sequence[str], kafka: str, every_s: float) -> None:
        self._films = films
        self._doors = itertools.cycle(doors)
        self._every_s = every_s
        self._producer = Producer({"bootstrap.servers": kafka, "enable.idempotence": True, "log_level": 0})
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_all, name="client")
        self.tries = 0
        self.sent: list[Path] = []

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether everything was taken."""
        return len(self.sent) == len(self._films)

    def stop(self) -> None:
        """Give up what was not taken."""
        self._stop.set()
        self._thread.join()

    def _send_all(self) -> None:
        for number, film in enumerate(self._films):
            send = self._publish if number % RAW_EVERY == 0 else self._upload
            while not send(film):
                if self._stop.wait(PAUSE_S):
                    return
            self.sent.append(film)
            if self._stop.wait(self._every_s):
                return

    def _upload(self, film: Path) -> bool:
        self.tries += 1
        try:
            with film.open("rb") as file:
                answer = httpx.post(f"{next(self._doors)}/v1/uploads", files={"file": (film.name, file)}, timeout=30)
        except httpx.HTTPError:
            return False
        assert answer.status_code == 202 or answer.status_code >= 500, answer.text
        return answer.status_code == 202

    def _publish(self, film: Path) -> bool:
        self.tries += 1
        delivered: list[object] = []
        event = json.dumps({"uri": film.as_uri(), "title": film.stem})
        self._producer.produce("video-uploaded", event, on_delivery=lambda error, _: delivered.append(error))
        while not delivered and not self._stop.is_set():
            self._producer.poll(PAUSE_S)
        return delivered == [None]


def wait_done(client: Client, within_s: float) -> None:
    """Wait until everything was taken. Raises AssertionError if not in time."""
    deadline = time.monotonic() + within_s
    while not client.is_done and time.monotonic() < deadline:
        time.sleep(PAUSE_S)
    assert client.is_done, f"not taken within {within_s:g} s: only {[film.name for film in client.sent]} were"
