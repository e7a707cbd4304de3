"""Archives of videos: what goes in comes out, and all of it is judged before any of it is moved."""

import asyncio
import bz2
import io
import lzma
import os
import tarfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from rushes_ingest.api.archives import archive_of
from rushes_ingest.archive.importing import ArchiveImporter, stale_archives_removed
from rushes_ingest.disk_space import Quota
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import STALE_AFTER, store
from rushes_runtime.blobs import Blobs
from rushes_runtime.deletion import order
from rushes_runtime.errors import InvalidError
from rushes_runtime.generations import find_source
from rushes_runtime.stored_json import parsed
from rushes_schemas.artefacts import Source, StoredMetadata, metadata_key
from rushes_schemas.events import LATEST_MS, VideoDeleted

from .archives import (
    ArchiveDoor,
    archive_door,
    film,
    gzipped,
    pieces,
    playable,
    source_of,
    tar_of,
    unplayable,
)

FILM = film(b"film")
ID = source_of(b"film").video_id
NOTE = f"videos/{ID}/source.json"


def length(files: dict[str, bytes]) -> int:
    """Bytes of an archive of these files before its end mark."""
    return sum(512 + len(data) + -len(data) % 512 for data in files.values())


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[ArchiveDoor]:
    async with archive_door(tmp_path / "blobs") as door:
        yield door


async def test_what_goes_in_comes_out_and_the_time_of_its_arrival_is_new(door: ArchiveDoor, tmp_path: Path) -> None:
    first = ArchiveDoor(tmp_path / "first", door.http)
    first.put(FILM)
    exported = b"".join([piece async for piece in archive_of(first.blobs, [ID], with_source=True)])
    answer = await door.send(pieces(exported))
    assert answer.status_code == 202
    (video,) = answer.json()["videos"]
    assert (video["video_id"], [event.uri for event in door.events]) == (ID, [f"blob:videos/{ID}/source"])
    after = {key: data for key, data in door.contents().items() if not key.startswith("pending/")}
    note = Source.model_validate_json(after.pop(NOTE))
    assert after == {key: data for key, data in FILM.items() if key != NOTE}
    assert note.stored_at > 1000 and note.model_copy(update={"stored_at": 1000, "generation": 0}) == source_of(b"film")


async def test_it_is_an_archive_as_any_tar_reads_it(door: ArchiveDoor) -> None:
    door.put(FILM)
    answer = await door.http.get("/v1/archive")
    assert answer.headers["content-disposition"] == 'attachment; filename="rushes.tar"'
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        names = tar.getnames()
        assert names[-1] == NOTE and sorted(names) == sorted(FILM)
        read = tar.extractfile(f"videos/{ID}/source")
        assert read is not None and read.read() == b"film"
    bare = await door.http.get("/v1/archive", params={"source": "false"})
    with tarfile.open(fileobj=io.BytesIO(bare.content)) as tar:
        assert f"videos/{ID}/source" not in tar.getnames()


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize(
    "compress",
    [bytes, gzipped, lambda data: gzipped(data[:700]) + gzipped(data[700:]), bz2.compress, lzma.compress],
    ids=["plain", "gzip", "two gzip streams", "bzip2", "xz"],
)
async def test_other_programs_archives_are_taken(
    door: ArchiveDoor, compress: Callable[[bytes], bytes], format: int
) -> None:
    """Folders too, names that begin with ./, and padding behind the end."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        folder = tarfile.TarInfo("./videos")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, data in FILM.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(data)
            entry.pax_headers = {"comment": "ünïcode", "mtime": "1700000000.123"}
            tar.addfile(entry, io.BytesIO(data))
    answer = await door.send(pieces(compress(out.getvalue()), 333))
    assert answer.status_code == 202, answer.text
    assert set(FILM) <= set(door.contents())


async def test_a_size_in_a_pax_header_counts(door: ArchiveDoor) -> None:
    """As tars write files of more than 8 GB."""
    entry = tarfile.TarInfo(f"videos/{ID}/source")
    entry.pax_headers = {"size": "4"}
    header = entry.tobuf(tarfile.PAX_FORMAT)
    rest = {name: data for name, data in FILM.items() if not name.endswith("/source")}
    answer = await door.send(header + b"film" + bytes(508) + tar_of(rest))
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.85])
@pytest.mark.parametrize("compress", [bytes, gzipped])
async def test_an_archive_that_is_cut_short_is_refused_and_leaves_nothing(
    door: ArchiveDoor, keep: float, compress: Callable[[bytes], bytes]
) -> None:
    files = FILM | film(b"another")
    whole = compress(tar_of(files)[: length(files)])
    answer = await door.send(whole[: int(len(whole) * keep)])
    assert answer.status_code == 422 and "archive" in answer.json()["detail"]
    assert door.contents() == {}


async def test_an_archive_that_ends_between_two_videos_is_refused(door: ArchiveDoor) -> None:
    """Each video in it is whole, yet one may be missing."""
    answer = await door.send(tar_of(FILM)[: length(FILM)])
    assert (answer.status_code, door.contents()) == (422, {})
    assert (await door.send(tar_of(FILM)[: length(FILM) + 512])).status_code == 202


async def test_an_empty_one_and_a_text_are_refused(door: ArchiveDoor) -> None:
    for data in (b"", b"this is no archive" * 100, bytes(1024), tar_of({})):
        answer = await door.send(data)
        assert answer.status_code == 422 and "archive" in answer.json()["detail"]


async def test_bytes_that_are_not_the_videos_are_refused(door: ArchiveDoor) -> None:
    answer = await door.send(tar_of(FILM | {f"videos/{ID}/source": b"fake"}))
    assert answer.status_code == 422 and "are not those that it is named after" in answer.json()["detail"]
    assert door.contents() == {}


async def test_what_can_t_be_played_is_refused_as_an_upload_of_it_is(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    importer = ArchiveImporter(blobs, unplayable, IngestSettings(keep_free=0))
    with pytest.raises(InvalidError, match="is not a video"):
        await importer.import_archive(pieces(tar_of(FILM)), at=5000)
    assert [key for prefix in ("videos", "incoming") async for key in blobs.list(prefix)] == []
    (bare,) = await importer.import_archive(pieces(tar_of(film(b"film", with_source=False))), at=5000)
    assert await find_source(blobs, ID) == bare


async def test_what_is_there_is_not_replaced(door: ArchiveDoor) -> None:
    """Another installation's artefacts of the same film, and what was said of it there."""
    door.put(FILM)
    other = {
        f"videos/{ID}/0/asr-b1.json": b'{"status":"no_speech"}',
        f"videos/{ID}/0/asr-b2.json": b'{"status":"no_speech"}',
        f"videos/{ID}/declared.json": b'{"title":"Mine"}',
    }
    for with_source in (True, False):
        assert (await door.send(tar_of(film(b"film", with_source) | other | {NOTE: FILM[NOTE]}))).status_code == 202
        after = door.contents()
        assert after[f"videos/{ID}/0/asr-b2.json"] == b'{"status":"no_speech"}'
        assert {key: after[key] for key in FILM if key != NOTE} == {k: v for k, v in FILM.items() if k != NOTE}


async def test_what_was_said_in_the_future_is_as_old_as_the_import(door: ArchiveDoor) -> None:
    key = metadata_key(ID)
    answer = await door.send(tar_of(FILM | {key: b'{"title":"Later","said_at":%d}' % LATEST_MS}))
    assert answer.status_code == 202
    stored = parsed(key, StoredMetadata, door.contents()[key])
    assert (stored.title, stored.said_at <= time.time() * 1000) == ("Later", True)
    assert [event.accepted_at <= time.time() * 1000 + 1 for event in door.events if event.accepted_at] == [True]


async def test_a_film_can_be_uploaded_after_an_archive_without_its_bytes(door: ArchiveDoor) -> None:
    assert (await door.send(tar_of(film(b"film", with_source=False)))).status_code == 202
    source = await store(door.blobs, pieces(b"film"), Quota("film.mp4", None, 100, 0))
    assert door.contents()[source.key] == b"film"


async def test_a_video_that_is_being_deleted_is_not_taken_in(door: ArchiveDoor) -> None:
    await order(door.blobs, VideoDeleted(video_id=ID, at=int(time.time() * 1000)))
    before = door.contents()
    answer = await door.send(tar_of(film(b"another") | FILM))
    assert (answer.status_code, answer.json()["reason"]) == (503, "being_deleted")
    assert door.contents() == before


async def test_a_video_that_is_deleted_while_it_comes_stays_deleted(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())

    async def deleted_meanwhile(key: str, name: str) -> None:
        await order(blobs, VideoDeleted(video_id=ID, at=6000))

    answer = await asyncio.gather(
        ArchiveImporter(blobs, deleted_meanwhile, IngestSettings(keep_free=0)).import_archive(
            pieces(tar_of(FILM)), at=5000
        ),
        return_exceptions=True,
    )
    assert getattr(answer[0], "reason", None) == "being_deleted"
    assert [key async for key in blobs.list("videos")] == []


async def test_staging_areas_of_killed_imports_are_removed_at_the_start(tmp_path: Path) -> None:
    long_ago = time.time() - STALE_AFTER.total_seconds() - 60
    old, young = (tmp_path / "incoming" / "archive" / name for name in ("old-artefacts", "young-videos"))
    for folder in (old, young):
        folder.mkdir(parents=True)
        for name in ("a", "b#1"):
            (folder / name).write_bytes(b"bytes")
            if folder == old:
                os.utime(folder / name, (long_ago, long_ago))
    async with stale_archives_removed(Blobs(tmp_path.as_uri())):
        assert not old.exists() and len(list(young.iterdir())) == 2


async def test_only_some_archives_come_in_at_a_time(tmp_path: Path) -> None:
    importer = ArchiveImporter(Blobs(tmp_path.as_uri()), playable, IngestSettings(keep_free=0, archives_at_once=1))
    started, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        started.set()
        await goes_on.wait()
        yield tar_of(FILM)

    first = asyncio.create_task(importer.import_archive(slow(), at=1))
    await started.wait()
    second = await asyncio.gather(importer.import_archive(pieces(tar_of(FILM)), at=2), return_exceptions=True)
    assert getattr(second[0], "reason", None) == "too_many_archives"
    goes_on.set()
    assert len(await first) == 1
    assert len(await importer.import_archive(pieces(tar_of(FILM)), at=3)) == 1
