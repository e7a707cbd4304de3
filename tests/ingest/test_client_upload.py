"""The client's uploads against the real door, over a line that breaks."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rushes_client import AsyncClient, Client, Refused, Said, Unavailable, Unreachable
from rushes_client._async import uploads as async_uploads
from rushes_client._sync import uploads as sync_uploads
from rushes_client.transport import Outcome
from rushes_runtime.blobs import Blobs

from .door import BYTES, FILM, ID, Door


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with Door(Blobs((tmp_path / "blobs").as_uri())).opened() as door:
        yield door


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the small film is a large file."""
    for uploads in (async_uploads, sync_uploads):
        monkeypatch.setattr(uploads, "PIECE", 10_000)
    monkeypatch.setattr("rushes_client.transport.FIRST_WAIT_S", 0.01)
    monkeypatch.setattr("rushes_client.transport.LONGEST_WAIT_S", 0.01)


class BrokenLine:
    """Loses every third request, or the answer to it, in turns."""

    def __init__(self, client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = self.lost = 0
        self._send = client.send_once
        monkeypatch.setattr(client, "send_once", self.once)

    async def once(self, *call: Any) -> Outcome:
        self.count += 1
        if self.count % 3:
            return await self._send(*call)
        self.lost += 1
        if self.lost % 2:
            await self._send(*call)
        return httpx.ReadError("the line broke")


async def test_a_large_file_is_sent_in_pieces_and_goes_on_where_the_line_broke(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    async with AsyncClient(f"http://127.0.0.1:{door.port}") as client:
        line = BrokenLine(client, monkeypatch)
        accepted = await client.upload(FILM, Said(title="A clock", metadata={"take": 2}), told.append)
    assert accepted.video_id == ID and line.lost >= 5
    assert sum(told) == len(BYTES)
    assert await door.blobs.get(f"videos/{ID}/source") == BYTES
    said = [(event.title, event.filename, event.metadata) for event in door.events]
    assert said == [("A clock", FILM.name, {"take": 2})]


async def test_a_broker_that_is_away_for_a_moment_is_asked_again(door: Door) -> None:
    door.failures = 2
    async with AsyncClient(f"http://127.0.0.1:{door.port}") as client:
        assert (await client.upload(FILM)).video_id == ID
        door.failures = 9
        with pytest.raises(Unavailable, match="broker"):
            await client.upload(FILM)


@pytest.mark.parametrize("size", [1000, 50_000])
async def test_what_is_no_video_is_refused_in_the_servers_words(door: Door, tmp_path: Path, size: int) -> None:
    notes = tmp_path / "notes.mp4"
    notes.write_bytes(b"x" * size)
    async with AsyncClient(f"http://127.0.0.1:{door.port}") as client:
        with pytest.raises(Refused, match=r"notes\.mp4") as refused:
            await client.upload(notes)
    assert refused.value.status == 422
    assert not door.events


async def test_a_line_that_stays_broken_is_told(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*call: Any) -> Outcome:
        return httpx.ReadError("the line broke")

    async with AsyncClient(f"http://127.0.0.1:{door.port}") as client:
        monkeypatch.setattr(client, "send_once", never)
        with pytest.raises(Unreachable):
            await client.upload(FILM)


def test_both_clients_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if name[0] != "_"}

    assert public(Client) == public(AsyncClient)
