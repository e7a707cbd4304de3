"""Records that are larger than their topic takes: the record goes to the blob store, and a reference to Kafka.

A consumer may have to write down more than it read. A producer compresses 6 MB to 6 kB, which pass the topic's limit,
and what is to become of it is told in headers, which come on top. So a retry or a dead letter that does not fit carries
neither key, nor value, nor foreign headers, only our own headers, two of which say where the rest lies and what it
hashes to. Reading either brings the rest back. (The pattern is known as *claim check*.)

Only retry and dead letter topics hold references. What goes back to the topic of a stage is whole again.
"""

import asyncio
import base64
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from rushes_runtime.blobs import BlobMissing, Blobs
from rushes_runtime.bus.connect import largest_request
from rushes_runtime.bus.failure import LONGEST, PREFIX, foreign_headers
from rushes_runtime.errors import BrokerUnavailable, InvalidError
from rushes_runtime.settings import KafkaSettings

FOLDER = "oversize"
STORED_AT = PREFIX + "stored-at"
"""Header of a reference: the key of the blob that has the rest."""
DIGEST = PREFIX + "stored-sha256"
"""Header of a reference: the SHA-256 of the rest, unpacked, in hexadecimal digits."""
KEY = re.compile(FOLDER + r"/[0-9a-f]{64}\.json\.gz")
"""No reference leads elsewhere, whoever wrote its headers."""
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
OVERHEAD = 128
"""Bytes around a record, and some around each header: counted generously."""


async def put(
    producer: AIOKafkaProducer,
    blobs: Blobs,
    settings: KafkaSettings,
    topic: str,
    record: ConsumerRecord,
    own: Mapping[str, bytes],
    origin: str,
) -> None:
    """Publish a record of somebody else's to a retry or dead letter topic, with these headers of ours in place of those
    that it has; by reference if it does not fit. `origin` names the record: written twice, it goes to the same place.

    Raises BlobsUnavailable and KafkaError, after which it may be called again.
    """
    foreign = foreign_headers(record)
    partition = await partition_of(producer, topic, record.key, origin)
    is_reference = stored_at(record) is not None
    if not is_reference and _size(record.key, record.value, {**foreign, **own}) <= largest_request(settings):
        try:
            headers = list({**foreign, **own}.items())
            await producer.send_and_wait(topic, record.value, key=record.key, partition=partition, headers=headers)
            return
        except TOO_LARGE:
            pass  # the topic takes less than RUSHES_KAFKA__MAX_MESSAGE_BYTES: by reference, then
    reference = _reference(record) if is_reference else await _store(blobs, record, foreign, origin)
    headers = list({**own, **reference}.items())
    await producer.send_and_wait(topic, b"", partition=partition, headers=headers)


def stored_at(record: ConsumerRecord) -> str | None:
    """The key of the blob that a record refers to; None if it is whole."""
    headers = dict(record.headers)
    key = (headers.get(STORED_AT) or b"").decode(errors="replace")
    return key if KEY.fullmatch(key) else None


def _reference(record: ConsumerRecord) -> dict[str, bytes]:
    return {name: value for name, value in record.headers if name in (STORED_AT, DIGEST)}


async def whole(blobs: Blobs, record: ConsumerRecord) -> ConsumerRecord:
    """The record with its key, value and headers; itself, if it is no reference.

    Raises InvalidError where the blob is gone or another one than was stored, BlobsUnavailable.
    """
    key = stored_at(record)
    if key is None:
        return record
    where = f"the record {record.topic}/{record.partition}/{record.offset} refers to the blob {key}"
    try:
        packed = await blobs.get(key)
    except BlobMissing:
        raise InvalidError("value_missing", f"{where}, which is gone; discard it") from None
    try:
        return await asyncio.to_thread(_unpacked, record, packed)
    except (ValueError, KeyError, TypeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidError("value_damaged", f"{where}, which is damaged: {error}; discard it") from error


async def remove(blobs: Blobs, record: ConsumerRecord) -> None:
    """Remove what a reference refers to, once nobody needs it any more. Raises BlobsUnavailable."""
    if key := stored_at(record):
        await blobs.delete(key)


async def remove_expired(blobs: Blobs, before: datetime) -> int:
    """Remove what was stored before this time, when the topics have forgotten the references; how many."""
    return await blobs.remove_stale(FOLDER, before)


async def _store(blobs: Blobs, record: ConsumerRecord, foreign: Mapping[str, bytes], origin: str) -> dict[str, bytes]:
    packed, digest = await asyncio.to_thread(_packed, record, foreign)
    name = hashlib.sha256(f"{origin} {digest}".encode()).hexdigest()
    key = f"{FOLDER}/{name}.json.gz"
    await blobs.put(key, packed)
    return {STORED_AT: key.encode(), DIGEST: digest.encode()}


def _packed(record: ConsumerRecord, foreign: Mapping[str, bytes]) -> tuple[bytes, str]:
    parts = {
        "key": _text(record.key),
        "value": _text(record.value),
        "headers": [[name, _text(value)] for name, value in foreign.items()],
    }
    content = json.dumps(parts).encode()
    return gzip.compress(content, compresslevel=6, mtime=0), hashlib.sha256(content).hexdigest()


def _unpacked(record: ConsumerRecord, packed: bytes) -> ConsumerRecord:
    content = gzip.decompress(packed)
    if hashlib.sha256(content).hexdigest().encode() != dict(record.headers).get(DIGEST):
        raise ValueError("it hashes to something else")
    parts: dict[str, Any] = json.loads(content)
    own = [(name, value) for name, value in record.headers if name not in (STORED_AT, DIGEST)]
    foreign = [(name, _bytes(value)) for name, value in parts["headers"]]
    return replace(record, key=_bytes(parts["key"]), value=_bytes(parts["value"]), headers=(*foreign, *own))


async def partition_of(producer: AIOKafkaProducer, topic: str, key: bytes | None, origin: str) -> int:
    """Where a record goes: to the same partition each time that it is written, whether it fits or not, so that its dead
    letter is one. `origin` names it where it has no key. Kafka's own hash of a key of 6 MB takes Python 10 s, in which
    the process does nothing else. Raises BrokerUnavailable where there is no such topic."""
    partitions = await producer.partitions_for(topic)
    if not partitions:
        raise BrokerUnavailable(f"the broker has no topic {topic}: `rushes topics apply` makes it")
    if key is None or len(key) > LONGEST:
        return zlib.crc32(origin.encode() if key is None else key) % len(partitions)
    numbers = sorted(partitions)
    number: int = DefaultPartitioner()(key, numbers, numbers)
    return number


def _size(key: bytes | None, value: bytes | None, headers: Mapping[str, bytes | None]) -> int:
    named = sum(len(name.encode()) + len(text or b"") + 10 for name, text in headers.items())
    return len(key or b"") + len(value or b"") + named + OVERHEAD


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
