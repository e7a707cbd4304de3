"""Records as any Kafka client may publish them."""

import asyncio
import json

from aiokafka import AIOKafkaProducer
from tests.attack.films import id_of
from tests.attack.target import Target


def records(target: Target) -> None:
    """What is no event, what is too large once unpacked: a dead letter each, and what comes after them is done."""
    before = target.dead_count()
    bad = [
        b"",
        b"this is no JSON",
        b"\xff\xfe\x00",
        b"[]",
        b'{"uri": 5}',
        b'{"uri": "file:///\\ud800"}',
        b'{"uri": "blob:../../etc/passwd"}',
        b'{"uri": "https://[::1"}',
        b'{"uri": "file://host/x"}',
        b"[" * 50_000,
    ]
    target.publish(*bad)
    target.must_become_dead(len(bad), before, "raw record that is no event")
    before = target.dead_count()
    _compressed(target, json.dumps({"uri": "file:///nowhere/large.mp4", "description": "x" * 6_000_000}).encode())
    target.must_become_dead(1, before, "gzipped record of 6 MB")
    film = target.new_film()
    path = target.folder / f"{id_of(film)}.mp4"
    path.write_bytes(film)
    target.publish(json.dumps({"uri": path.as_uri()}).encode())
    status = target.status(id_of(film))
    target.tally.holds("the record behind them", status in ("indexed", "degraded"), f"is {status}")


def _compressed(target: Target, value: bytes) -> None:
    """A record that the broker takes because it is small while it is packed."""

    async def send() -> None:
        kafka = {"bootstrap_servers": target.up.kafka, "compression_type": "gzip", "max_request_size": 20_000_000}
        async with AIOKafkaProducer(**kafka) as producer:
            await producer.send_and_wait("video-uploaded", value)

    asyncio.run(send())
