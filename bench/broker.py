"""`make bench-broker`: events a second through the four hops when the stages do nothing, beside what the broker itself
does with the same client library."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
from aiokafka import AIOKafkaConsumer
from bench.hops import STAGES
from bench.page import table, write_section
from tests.cluster.kafka import ApacheKafka

from rushes_runtime.bus.connect import publishing
from rushes_runtime.bus.topics import provision
from rushes_runtime.settings import KafkaSettings, TopicSettings
from rushes_runtime.tansu import binary
from rushes_schemas.topics import VIDEO_DELETED, VIDEO_PROGRESS, VIDEO_UPLOADED
from rushes_testing.process import Process, free_ports

EVENTS = 1000
WITHIN_S = 300.0
GROUPS: Mapping[str, Sequence[Sequence[str]]] = {
    "in one process": [list(STAGES)],
    "in a process each": [[name] for name in STAGES],
}


class Measured(NamedTuple):
    """Rates of one broker, in events or records a second."""

    broker: str
    batched: float
    one_by_one: float
    consumed: float
    hops: dict[str, float]


def main() -> None:
    """Measure both brokers, and write the section."""
    found = []
    for name, running in {"Apache Kafka": apache_kafka, "Tansu": tansu}.items():
        with tempfile.TemporaryDirectory(prefix="rushes-bench-") as folder, running(Path(folder)) as kafka:
            found.append(asyncio.run(measured(name, kafka, Path(folder))))
            sys.stdout.write(f"{found[-1]}\n")
    write_section("bench-broker", report(found))


@contextmanager
def apache_kafka(folder: Path) -> Iterator[KafkaSettings]:
    """Apache Kafka, of the tests."""
    with ApacheKafka(folder / "kafka") as broker:
        yield KafkaSettings(bootstrap_servers=broker.addresses.plaintext)


@contextmanager
def tansu(folder: Path) -> Iterator[KafkaSettings]:
    """The embedded broker, in a process of its own, as `rushes up` has it."""
    [port] = free_ports(1)
    url = f"tcp://127.0.0.1:{port}"
    listen = ["--kafka-listener-url", url, "--kafka-advertised-listener-url", url]
    command = [str(binary()), "broker", *listen, "--storage-engine", "memory://tansu/"]
    with Process("Tansu", command, folder / "tansu.log"):
        yield KafkaSettings(bootstrap_servers=f"127.0.0.1:{port}", idempotent=False)


async def measured(broker: str, kafka: KafkaSettings, folder: Path) -> Measured:
    """All rates of a running broker."""
    await provision(kafka, TopicSettings())
    batched, one_by_one, consumed = await itself(kafka)
    hops = {}
    for number, (name, groups) in enumerate(GROUPS.items()):
        with stages_running(kafka, groups, folder):
            hops[name] = await through_the_hops(kafka, number)
    return Measured(broker, batched, one_by_one, consumed, hops)


async def itself(kafka: KafkaSettings) -> tuple[float, float, float]:
    """Records a second that one producer writes, in batches and one after another, and that one consumer reads."""
    value = json.dumps({"video_id": "0b7f3c1e-5d2a-5c3e-9f4b-1a2b3c4d5e6f", "at": 0}).encode()
    topic = VIDEO_DELETED.name  # nobody consumes it here
    async with publishing(kafka) as producer:
        for number in range(100):  # until the broker has made every partition
            await producer.send_and_wait(topic, value, key=b"%d" % number)
        started = time.monotonic()
        await asyncio.gather(*[await producer.send(topic, value, key=b"%d" % number) for number in range(10 * EVENTS)])
        batched = 10 * EVENTS / (time.monotonic() - started)
        started = time.monotonic()
        for number in range(EVENTS):
            await producer.send_and_wait(topic, value, key=b"%d" % number)
        one_by_one = EVENTS / (time.monotonic() - started)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest")
    async with consumer:
        started, read = time.monotonic(), 0
        while read < 11 * EVENTS + 100:
            read += sum(map(len, (await consumer.getmany(timeout_ms=1000)).values()))
        return batched, one_by_one, read / (time.monotonic() - started)


@contextmanager
def stages_running(kafka: KafkaSettings, groups: Sequence[Sequence[str]], folder: Path) -> Iterator[None]:
    """The stages, those of a group in one process, ready."""
    environment = {
        "RUSHES_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "RUSHES_KAFKA__IDEMPOTENT": str(kafka.idempotent).lower(),
        "RUSHES_KAFKA__SESSION_TIMEOUT_S": "6",
        "RUSHES_BLOBS__URL": (folder / "blobs").as_uri(),
        "RUSHES_QDRANT__URL": f"edge://{folder / 'index'}",
    }
    with ExitStack() as stack:
        started = [_stages(group, environment, folder) for group in groups]
        for process in started:
            stack.callback(process.kill)
            process.launch()
        for process in started:
            process.wait_ready()
        yield
        for process in started:
            assert process.stop() == 0, process.tail()


def _stages(names: Sequence[str], environment: Mapping[str, str], folder: Path) -> Process:
    [port] = free_ports(1)

    def is_ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    command = [sys.executable, "-m", "bench.hops", *names, "--port", str(port)]
    log = folder / f"{'-'.join(names)}.log"
    return Process(" ".join(names), command, log, environment=environment, is_ready=is_ready)


async def through_the_hops(kafka: KafkaSettings, run: int) -> float:
    """Videos a second, from the first one's upload to the last one's last word from embed."""
    left = {f"file:///{run}/{number}.mp4" for number in range(EVENTS)}
    consumer = AIOKafkaConsumer(VIDEO_PROGRESS.name, bootstrap_servers=kafka.bootstrap_servers)
    async with publishing(kafka) as producer, consumer, asyncio.timeout(WITHIN_S):
        started = time.monotonic()
        for uri in left:
            await producer.send(VIDEO_UPLOADED.name, json.dumps({"uri": uri}).encode(), key=uri.encode())
        await producer.flush()
        embedded: set[str] = set()
        while len(embedded) < len(left):
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                said = (json.loads(record.value) for record in records)
                embedded |= {each["video_id"] for each in said if each["stage"] == "embed"}
        return len(left) / (time.monotonic() - started)


def report(found: Sequence[Measured]) -> str:
    """The section."""
    rows: list[tuple[object, ...]] = [
        (
            each.broker,
            f"{each.batched:,.0f}",
            f"{each.one_by_one:,.0f}",
            f"{each.consumed:,.0f}",
            *(f"{each.hops[name]:,.0f}" for name in GROUPS),
        )
        for each in found
    ]
    header = ("broker", "written in batches", "written one by one", "read", *(f"four hops {name}" for name in GROUPS))
    return f"""Per second. {EVENTS:,} videos of one segment pass ingest, asr, scenes and embed, each of which consumes,
tells the ledger, publishes and commits, and does no work: a video is seven records written, four read and four commits.
The broker's own rates are those of the same client (aiokafka) with small records, in the same run.

{table(header, rows)}
"""


if __name__ == "__main__":
    main()
