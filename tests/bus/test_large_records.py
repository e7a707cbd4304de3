"""Records that are larger than their topic takes once they failed: on Tansu, and on Kafka, which enforces sizes."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from rushes_runtime import tansu as embedded
from rushes_runtime.blobs import Blobs, BlobsUnavailable
from rushes_runtime.bus.admin import Admin
from rushes_runtime.bus.dead import DeadLetters, Wanted
from rushes_runtime.bus.oversize import FOLDER
from rushes_runtime.errors import InvalidError, TransientError
from rushes_runtime.platform import Platform
from rushes_runtime.settings import KafkaSettings
from rushes_schemas.events import SegmentPlanned
from rushes_schemas.topics import SEGMENT_PLANNED

from .conftest import platform_on
from .rig import Rig, planned, running

pytestmark = pytest.mark.timeout(120)

MB = 1_000_000


@pytest.fixture(params=["tansu", pytest.param("apache", marks=pytest.mark.all)])
async def platform(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform on a broker of this kind."""
    if request.param == "tansu":
        async with embedded.running() as address:
            kafka = KafkaSettings(bootstrap_servers=address, idempotent=False, session_timeout_s=2)
            async with platform_on(kafka, tmp_path, partitions=1) as platform:
                yield platform
        return
    from tests.cluster.kafka import ApacheKafka

    with ApacheKafka(tmp_path / "kafka") as broker:
        kafka = KafkaSettings(bootstrap_servers=broker.addresses.plaintext, session_timeout_s=6)
        async with platform_on(kafka, tmp_path, partitions=1) as platform:
            yield platform


def letters_of(platform: Platform) -> DeadLetters:
    """Its dead letters."""
    return DeadLetters(platform.settings.kafka, platform.blobs)


async def publish_compressed(
    rig: Rig, value: bytes, key: bytes | None = b"k", headers: tuple[tuple[str, bytes], ...] = ()
) -> None:
    """Publish what passes the topic's limit since it is compressed, as any client may."""
    async with AIOKafkaProducer(
        bootstrap_servers=rig.platform.settings.kafka.bootstrap_servers,
        compression_type="gzip",
        max_request_size=1 << 30,
    ) as producer:
        await producer.send_and_wait(SEGMENT_PLANNED.name, value, key=key, headers=list(headers))


def large_event(index: int, size: int) -> bytes:
    """The event of a segment in so many bytes, of which few become part of its result."""
    return planned(index).model_dump_json().encode().ljust(size)


async def stored(blobs: Blobs) -> list[str]:
    """What lies in the blob store for records that are too large."""
    return [key async for key in blobs.list(FOLDER)]


class Fails:
    """A handler's work that fails with this error until it is mended."""

    def __init__(self, error: Exception, times: int = 1000) -> None:
        self.error = error
        self.left = times

    async def __call__(self, event: SegmentPlanned) -> None:
        if event.segment.index == 0 and self.left:
            self.left -= 1
            raise self.error


@pytest.mark.parametrize(
    ("value", "key", "headers"),
    [
        (b"x" * 6 * MB, b"k", ()),
        (b"no event", b"k" * 6 * MB, ()),
        (b"no event", None, (("mine", b"h" * 6 * MB),)),
        (b"no event", b"k", (("rushes-first-error", b"e" * 6 * MB), ("rushes-origin", b"o" * 6 * MB))),
    ],
    ids=["value", "key", "header", "headers-of-ours"],
)
async def test_dead_letter_that_no_topic_takes_is_kept_and_holds_nobody_up(
    platform: Platform, value: bytes, key: bytes | None, headers: tuple[tuple[str, bytes], ...]
) -> None:
    letters = letters_of(platform)
    async with running(platform, Fails(KeyError(), 0)) as rig:
        await publish_compressed(rig, value, key, headers)
        await rig.publish(1)
        assert await rig.transcribed(1) == [1]
        (listed,) = await letters.open(Wanted())
        shown = await letters.one(listed.id)
        assert shown is not None
        assert (shown.reason, shown.value.encode(), shown.key) == ("not_an_event", value, (key or b"").decode() or None)
        assert shown.headers == {name: text.decode() for name, text in headers if not name.startswith("rushes-")}
        await letters.discard(Wanted())
    assert await letters.open(Wanted()) == []
    assert await stored(platform.blobs) == []


async def test_large_dead_letter_is_replayed_whole(platform: Platform) -> None:
    fails, letters = Fails(InvalidError("odd", "it is odd")), letters_of(platform)
    async with running(platform, fails) as rig:
        await publish_compressed(rig, large_event(0, 6 * MB), headers=(("mine", b"kept"),))
        (record,) = await rig.records("asr-dlq", 1)
        (listed,) = await letters.open(Wanted())
        assert (listed.segment, listed.stored_at, listed.value) == (0, (await stored(platform.blobs))[0], "")
        assert len(record.value) + sum(len(text) for _, text in record.headers) < 100_000
        fails.left = 0
        await letters.replay(Wanted())
        _, replayed = await rig.records(SEGMENT_PLANNED.name, 2)
        assert await rig.transcribed(1) == [0]
    assert (replayed.value, replayed.key, replayed.headers) == (large_event(0, 6 * MB), b"k", (("mine", b"kept"),))
    assert await letters.open(Wanted()) == []
    assert await stored(platform.blobs) == []


async def test_large_retry_comes_back_whole(platform: Platform) -> None:
    async with running(platform, Fails(TransientError("not now"), 2)) as rig:
        await publish_compressed(rig, large_event(0, 6 * MB), headers=(("mine", b"kept"),))
        assert await rig.transcribed(1) == [0]
        *_, last = await rig.records(SEGMENT_PLANNED.name, 3)
    assert (last.value, last.key) == (large_event(0, 6 * MB), b"k")
    headers = dict(last.headers)
    assert (headers["mine"], headers["rushes-attempt"]) == (b"kept", b"2")
    assert await letters_of(platform).open(Wanted()) == []


async def test_result_that_no_topic_takes_is_a_dead_letter_at_once(platform: Platform) -> None:
    """A field that nobody knows is kept; so the result is as large as what it was made from."""
    event = json.dumps(planned(0).model_dump(mode="json") | {"unknown": "x" * 6 * MB}).encode()
    async with running(platform, Fails(KeyError(), 0)) as rig:
        await publish_compressed(rig, event)
        await rig.records("asr-dlq", 1)
        assert rig.seen.qsize() == 1
    (letter,) = await letters_of(platform).open(Wanted())
    assert (letter.reason, letter.attempts, letter.segment) == ("too_large", 1, 0)


async def test_record_at_the_limit_is_tried_again(platform: Platform) -> None:
    """Its headers come on top of what its topic takes."""
    event = large_event(0, platform.settings.kafka.max_message_bytes)
    async with running(platform, Fails(TransientError("not now " * 10_000), 2)) as rig:
        await publish_compressed(rig, event)
        assert await rig.transcribed(1) == [0]


async def test_record_waits_while_neither_topic_nor_blob_store_takes_it(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, refused = Blobs.put, 0

    async def away(blobs: Blobs, key: str, *data: object) -> None:
        nonlocal refused
        if key.startswith(FOLDER) and refused < 2:
            refused += 1
            raise BlobsUnavailable("the store is away")
        await put(blobs, key, *data)  # type: ignore[arg-type]

    monkeypatch.setattr(Blobs, "put", away)
    async with running(platform, Fails(KeyError(), 0)) as rig:
        await publish_compressed(rig, b"x" * 6 * MB)
        await rig.publish(1)
        assert await rig.transcribed(1) == [1]
    assert refused == 2
    assert len(await letters_of(platform).open(Wanted())) == 1


async def test_lost_value_of_a_dead_letter_is_told(platform: Platform) -> None:
    letters = letters_of(platform)
    async with running(platform, Fails(KeyError(), 0)) as rig:
        await publish_compressed(rig, b"x" * 6 * MB)
        await publish_compressed(rig, b"another")
        await rig.records("asr-dlq", 2)
    (key,) = await stored(platform.blobs)
    await platform.blobs.put(key, b"half a blob")
    large, _ = await letters.open(Wanted())
    shown = await letters.one(large.id)
    assert shown is not None and shown.missing is not None and "damaged" in shown.missing
    await platform.blobs.delete(key)
    with pytest.raises(InvalidError, match=r"1 were replayed and 1 were not, for one since .* is gone; discard it"):
        await letters.replay(Wanted())
    assert [letter.id for letter in await letters.discard(Wanted())] == [large.id]


async def test_reference_leads_nowhere_but_to_stored_records(platform: Platform) -> None:
    await platform.blobs.put("videos/secret", b"of another")
    hostile = (("rushes-stored-at", b"videos/secret"), ("rushes-stored-sha256", b"0"), ("rushes-reason", b"odd"))
    letters = letters_of(platform)
    async with running(platform, Fails(KeyError(), 0)) as rig:
        await rig.publish_raw((b"k", b"value"), topic="asr-dlq", headers=hostile)
        await rig.publish_raw((b"k", b"value"), topic="asr-retry", headers=hostile)
        await rig.records("asr-dlq", 2)
    assert [letter.value for letter in await letters.open(Wanted())] == ["value", "value"]
    await letters.discard(Wanted())
    assert await platform.blobs.get("videos/secret") == b"of another"


async def test_numbers_of_anybody_do_not_stop_the_list(platform: Platform) -> None:
    async with running(platform, Fails(KeyError(), 0)) as rig:
        digits = (("rushes-attempt", b"9" * 5000), ("rushes-segment", b"9" * 5000))
        await rig.publish_raw((b"k", b"value"), topic="asr-dlq", headers=digits)
    (letter,) = await letters_of(platform).open(Wanted())
    assert (letter.attempts, letter.segment) == (0, None)


@pytest.mark.all
@pytest.mark.parametrize("platform", ["apache"], indirect=True)
async def test_replay_that_its_topic_refuses_is_told_and_the_others_go_on(platform: Platform) -> None:
    fails, letters = Fails(InvalidError("odd", "it is odd")), letters_of(platform)
    noise = os.urandom(MB).hex()
    event = json.dumps(planned(0).model_dump(mode="json") | {"unknown": noise}).encode()
    async with running(platform, fails) as rig:
        await publish_compressed(rig, event)
        await rig.publish(0)
        await rig.records("asr-dlq", 2)
        Admin(platform.settings.kafka).configure(SEGMENT_PLANNED.name, {"max.message.bytes": "500000"})
        fails.left = 0
        with pytest.raises(InvalidError, match=r"1 were replayed and 1 were not.*MAX_MESSAGE_BYTES"):
            await letters.replay(Wanted())
        assert await rig.transcribed(1) == [0]
        assert len(await letters.open(Wanted())) == 1


@pytest.mark.all
@pytest.mark.parametrize("platform", ["apache"], indirect=True)
async def test_topic_that_takes_less_than_the_settings_say_takes_a_reference(platform: Platform) -> None:
    Admin(platform.settings.kafka).configure("asr-dlq", {"max.message.bytes": "200000"})
    async with running(platform, Fails(InvalidError("odd", "it is odd"))) as rig:
        for _ in range(2):  # what is published after a refusal is taken
            await publish_compressed(rig, os.urandom(MB))
        await rig.records("asr-dlq", 2)
    assert len(await stored(platform.blobs)) == 2
