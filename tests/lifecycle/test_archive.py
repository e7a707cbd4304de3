"""Archives of videos: what goes in comes out, and what is none is refused before anything is promised."""

import io
import tarfile
from collections.abc import AsyncIterator

import pytest

from rushes_ingest.archive import packed
from rushes_ingest.store import Source, find_source
from rushes_ingest.unpack import take_over, unpack
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_runtime.platform import Platform
from rushes_schemas.ids import video_id

from .video import source, store_all

FILM = source("film", stored_at=1000)


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def archive(blobs: Blobs, with_source: bool = True) -> bytes:
    return b"".join([piece async for piece in packed(blobs, [FILM.video_id], with_source)])


async def contents(blobs: Blobs) -> dict[str, bytes]:
    return {key: await blobs.get(key) async for key in blobs.list("videos")}


async def stored(platform: Platform) -> bytes:
    """The film's archive, with its own bytes."""
    await store_all(platform, FILM)
    await platform.blobs.put(FILM.key, b"film")
    return await archive(platform.blobs)


@pytest.fixture
def other(tmp_path_factory: pytest.TempPathFactory) -> Blobs:
    """An empty blob store."""
    return Blobs(tmp_path_factory.mktemp("other").as_uri())


async def test_what_goes_in_comes_out_and_the_time_of_its_arrival_is_new(platform: Platform, other: Blobs) -> None:
    data = await stored(platform)
    [found] = await unpack(other, pieces(data), at=5000)
    assert await find_source(other, FILM.video_id) is None, "it is there only once it is taken over"
    await take_over(other, found)
    assert found.stored_at == 5000
    before, after = await contents(platform.blobs), await contents(other)
    note = FILM.key + ".json"
    assert Source.model_validate_json(after.pop(note)) == FILM.model_copy(update={"stored_at": 5000, "generation": 1})
    assert before.pop(note) and after == before


async def test_it_is_an_archive_as_any_tar_reads_it(platform: Platform) -> None:
    with tarfile.open(fileobj=io.BytesIO(await stored(platform))) as tar:
        names = tar.getnames()
        assert names[-1] == FILM.key + ".json" and FILM.key in names and len(names) == 9
        read = tar.extractfile(FILM.key)
        assert read is not None and read.read() == b"film"
    with tarfile.open(fileobj=io.BytesIO(await archive(platform.blobs, with_source=False))) as tar:
        assert FILM.key not in tar.getnames()


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.85])
async def test_an_archive_that_is_cut_short_is_refused(platform: Platform, other: Blobs, keep: float) -> None:
    data = await stored(platform)
    with pytest.raises(InvalidError, match="archive"):
        await unpack(other, pieces(data[: int(len(data) * keep)]), at=5000)


async def test_bytes_that_are_not_the_videos_are_refused(platform: Platform, other: Blobs) -> None:
    data = (await stored(platform)).replace(b"film" + bytes(508), b"fake" + bytes(508))
    with pytest.raises(InvalidError, match="are not those that it is named after"):
        await unpack(other, pieces(data), at=5000)
    assert not await other.exists(FILM.key)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/videos/x", f"videos/{video_id('x')}/../../y", "notes.txt"])
async def test_nothing_is_written_outside_of_a_video(other: Blobs, name: str) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(InvalidError, match="no part of a video"):
        await unpack(other, pieces(file.getvalue()), at=5000)
    assert await contents(other) == {}
