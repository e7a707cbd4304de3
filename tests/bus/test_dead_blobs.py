"""Dead letters in the blob store, each decided by itself and once; without a broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rushes_runtime.artefacts import read, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus import dead_blobs
from rushes_runtime.bus.dead import Wanted
from rushes_runtime.bus.dead_blobs import BlobDeadLetters, _Kept, _key
from rushes_runtime.bus.failure import PREFIX
from rushes_runtime.errors import InvalidError
from rushes_runtime.settings import KafkaSettings


class Producer:
    """Takes what is sent, but not at once."""

    def __init__(self) -> None:
        self.topics: list[str] = []

    async def partitions_for(self, topic: str) -> set[int]:
        return {0}

    async def send_and_wait(self, topic: str, *_: Any, **__: Any) -> None:
        await asyncio.to_thread(int)  # others have their turn
        self.topics.append(topic)


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> Producer:
    made = Producer()

    @asynccontextmanager
    async def publishing(_: KafkaSettings) -> AsyncIterator[Producer]:
        yield made

    monkeypatch.setattr(dead_blobs, "publishing", publishing)
    return made


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path.as_uri())


def letters(blobs: Blobs) -> BlobDeadLetters:
    """As another part of the process has them."""
    return BlobDeadLetters(KafkaSettings(), blobs)


async def keep(blobs: Blobs, *topics: str, state: Any = "open") -> list[str]:
    """Dead letters that came from these topics; their ids."""
    ids = [f"asr:{number:032x}" for number in range(len(topics))]
    for id, topic in zip(ids, topics, strict=True):
        headers = [(PREFIX + "origin-topic", topic.encode()), (PREFIX + "origin", f"{topic}/0/1".encode())]
        kept = _Kept(id=id, state=state, at=1, sentence="s", key=b"k", value=b"{}", headers=headers)
        await write(blobs, _key(id), kept)
    return ids


async def states(blobs: Blobs, ids: list[str]) -> list[str | None]:
    found = [await read(blobs, _key(id), _Kept) for id in ids]
    return [kept.state if kept else None for kept in found]


async def test_one_that_cannot_be_replayed_keeps_none_back(blobs: Blobs, producer: Producer) -> None:
    ids = await keep(blobs, "gone-topic", "segment-planned", "segment-planned")
    with pytest.raises(InvalidError, match="2 were replayed and 1 were not"):
        await letters(blobs).replay(Wanted())
    assert producer.topics == ["segment-planned"] * 2
    assert await states(blobs, ids) == ["open", "replayed", "replayed"]


async def test_one_that_cannot_be_resumed_is_open_again(blobs: Blobs, producer: Producer) -> None:
    ids = await keep(blobs, "gone-topic", "segment-planned", state="replayed")
    assert await letters(blobs).resume() == 1
    assert producer.topics == ["segment-planned"]
    assert await states(blobs, ids) == ["open", "replayed"]


async def test_two_replays_at_once_publish_once(blobs: Blobs, producer: Producer) -> None:
    await keep(blobs, *["segment-planned"] * 3)
    first, second = await asyncio.gather(letters(blobs).replay(Wanted()), letters(blobs).replay(Wanted()))
    assert sorted([len(first), len(second)]) == [0, 3]
    assert producer.topics == ["segment-planned"] * 3


async def test_a_letter_is_replayed_or_discarded(blobs: Blobs, producer: Producer) -> None:
    ids = await keep(blobs, *["segment-planned"] * 3)
    replayed, discarded = await asyncio.gather(letters(blobs).replay(Wanted()), letters(blobs).discard(Wanted()))
    assert sorted([len(replayed), len(discarded)]) == [0, 3]
    assert await states(blobs, ids) == [("replayed" if replayed else "discarded")] * 3
    assert len(producer.topics) == len(replayed)
