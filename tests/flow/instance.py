"""A `rushes up` of its own for a test: started, watched by what it says and publishes, stopped or killed."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from rushes_testing.process import descendants, free_ports

EXAMPLES = Path(__file__).parents[2] / "examples"
QUICK = {"RUSHES_ASR__MODEL": "whisper-tiny.en"}
"""The small English model: these tests are about the pipeline, not about how well it hears."""


RUNNING: list["Instance"] = []
"""Those that were started and have not been stopped."""


@contextmanager
def none_left() -> Iterator[None]:
    """Kill what was started in this context and runs on, since a test failed before it stopped it."""
    before = list(RUNNING)
    yield
    for instance in [each for each in RUNNING if each not in before]:
        instance.kill()


class Instance:
    """One running instance on free ports of loopback. `program` is a module that is run in the place of `rushes`."""

    def __init__(self, data: Path, program: str = "rushes_cli.main", **environment: str) -> None:
        self.data = data
        self.program = program
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.environment = os.environ | QUICK | {"RUSHES_URL": self.url, "COLUMNS": "200"} | environment
        self.output: list[str] = []
        self.kafka = ""

    def start(self) -> "Instance":
        """Start it and wait until it says that it is up."""
        self.process = self._spawn()
        RUNNING.append(self)
        said = Event()
        self._listener = Thread(target=self._listen, args=(self.process, said), daemon=True)
        self._listener.start()
        said.wait()
        if self.output and "Ctrl-C" in self.output[-1]:
            return self
        raise AssertionError(f"rushes up ended with {self.process.wait()}:\n{''.join(self.output)}")

    def _listen(self, process: "subprocess.Popen[str]", said: Event) -> None:
        """Read what it says for as long as it runs: a pipe that nobody reads would stop it."""
        assert process.stderr is not None
        for line in process.stderr:
            if said.is_set():
                continue
            self.output.append(line)
            if found := re.search(r"Kafka\s+(\S+)", line):
                self.kafka = found[1]
            if "Ctrl-C" in line:
                said.set()
        said.set()

    def _spawn(self) -> "subprocess.Popen[str]":
        port = self.url.rsplit(":", 1)[1]
        [grpc_port] = free_ports(1)
        command = [sys.executable, "-m", self.program, "up", "--data", str(self.data), "--port", port]
        return subprocess.Popen(
            [*command, "--grpc-port", str(grpc_port)], env=self.environment, stderr=subprocess.PIPE, text=True
        )

    def once_more(self) -> "subprocess.CompletedProcess[str]":
        """Try to start a second one on the same data, on other ports."""
        return Instance(self.data)._finished()

    def _finished(self) -> "subprocess.CompletedProcess[str]":
        with self._spawn() as process:
            output, errors = process.communicate(timeout=30)
            return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def stop(self) -> int:
        """SIGTERM, and the exit code. Raises TimeoutExpired after the ten seconds that it may take."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended(10)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self._ended(10)

    def _ended(self, within_s: float) -> int:
        code = self.process.wait(within_s)
        RUNNING.remove(self)
        self._listener.join()
        return code

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The `rushes` command against this instance."""
        command = [sys.executable, "-m", "rushes_cli.main", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=240, check=False)

    def begin(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """The same, and wait for nothing. What it says is not kept."""
        command = [sys.executable, "-m", "rushes_cli.main", *arguments]
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(command, env=self.environment, stdout=nowhere, stderr=nowhere)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON that it answers."""
        return httpx.get(self.url + path, params=query, timeout=30).raise_for_status().json()

    def descendants(self) -> set[int]:
        """The processes below it, at whatever depth."""
        return descendants(self.process.pid)

    @asynccontextmanager
    async def events(self, topic: str) -> AsyncIterator["Events"]:
        """The events of a topic, from the first one on."""
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        async with consumer:
            yield Events(consumer)

    async def publish(self, topic: str, *values: bytes) -> None:
        """Publish raw records, as any client may."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka) as producer:
            for value in values:
                await producer.send_and_wait(topic, value)


class Events:
    """A topic's records as they come."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def until(self, enough: Callable[[list[Any]], bool]) -> list[Any]:
        """Read until what was read is enough; all of it, as (value, headers)."""
        read: list[Any] = []
        while not enough(read):
            record = await self._consumer.getone()
            read.append((record.value, dict(record.headers)))
        return read


def said(result: "subprocess.CompletedProcess[str]") -> Any:
    """The JSON that a command printed."""
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
