"""What an archive may not do: each is refused in a sentence, changes nothing, and takes little memory and disk."""

import json
import tarfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rushes_ingest.archive.members import FLAC_SIGNATURE as FLAC_BEGIN
from rushes_ingest.media_file import MEDIA_TYPE_OF_FORMAT as CONTAINERS
from rushes_ingest.media_file import media_type
from rushes_schemas.artefacts import MEDIA_TYPES

from .archives import JPEG, ArchiveDoor, archive_door, film, gzipped, source_of, tar_of, with_member

FILM = film(b"film")
ID = source_of(b"film").video_id
OTHER = film(b"another")
OTHER_ID = source_of(b"another").video_id
MEGABYTE = 1 << 20
NO_PICTURE = (b"", b"<svg>", JPEG[:20])
PLAN = FILM[f"videos/{ID}/ingest-a1.json"]
FACTS = ((b"duration_ms", 1000), (b"start_ms", 0), (b"end_ms", 1000), (b"index", 0))
JUNK = (b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 50_000, b'{"segments":' * 50_000)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[ArchiveDoor]:
    """Another film is there already."""
    async with archive_door(tmp_path / "blobs") as door:
        door.put(OTHER)
        yield door


async def assert_refused(door: ArchiveDoor, data: bytes | AsyncIterator[bytes], *words: str, status: int = 422) -> None:
    """Refused in one printable sentence with these words, and nothing was changed."""
    answer = await door.send(data)
    assert answer.status_code == status, answer.text
    detail = answer.json()["detail"]
    assert all(word in detail for word in words), detail
    assert detail.isprintable() and len(detail) < 500
    assert door.contents() == OTHER and not door.events


def changed(name: str, **fields: Any) -> dict[str, bytes]:
    """The film with other fields in one of its JSON files."""
    key = f"videos/{ID}/{name}"
    return FILM | {key: json.dumps(json.loads(FILM[key]) | fields).encode()}


async def test_a_refused_archive_does_not_replace_another_videos_transcript(door: ArchiveDoor) -> None:
    """It names no note of that video, so it is refused at its end."""
    evil = {f"videos/{OTHER_ID}/0/asr-b1.json": b'{"status":"no_speech"}'}
    await assert_refused(door, tar_of(evil | FILM), "lacks the note", OTHER_ID)
    await assert_refused(door, tar_of(FILM | evil), "lacks the note", OTHER_ID)


@pytest.mark.parametrize("name", ["source/x", "source.json/x", "0", "0/asr-b1.json/x", "ingest-a1.json/x"])
async def test_no_member_makes_a_future_film_refuse_to_upload(door: ArchiveDoor, name: str) -> None:
    """A folder where its file is to be."""
    future = source_of(b"future").video_id
    await assert_refused(door, tar_of(FILM | {f"videos/{future}/{name}": b"x"}), "no part of a video")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../../etc/passwd",
            "/videos/x",
            f"/videos/{ID}/source",
            f"videos/{ID}/../{OTHER_ID}/source.json",
            "notes.txt",
        ),
        *(
            "./x",
            "./",
            ".",
            "..",
            f"./videos/{ID}/./x",
            f"videos/{ID}/./source",
            f"videos/{ID}//source",
            f"videos/{ID}",
        ),
        *(
            f"videos/{ID}/0/asr-b1.json#1",
            f"videos/{ID}/00/asr-b1.json",
            f"videos/{ID}/0/ocr-b1.json",
            "pending/x.json",
        ),
        *(
            f"videos/{ID}/0/asr-\n.json",
            f"videos/{ID.upper()}/source",
            f"videos/{ID}/0/kéyframes-c1/1.jpg",
            "\udcff\x01",
        ),
        *(f"videos/{ID}/0/keyframes-c1/{'1' * 300}.jpg", f"deleted/{ID}.json", f"videos/{ID}/0/asr-b1.json+x"),
    ],
)
async def test_a_name_that_is_no_part_of_a_video_is_refused(door: ArchiveDoor, name: str) -> None:
    await assert_refused(door, tar_of({name: b"{}"} | FILM), "no part of a video")


@pytest.mark.parametrize("type", ["text/html", "image/svg+xml", "video/mp4; x", "", "text/html\n", "\u202e"])
async def test_a_plan_names_a_known_media_type(door: ArchiveDoor, type: str) -> None:
    await assert_refused(door, tar_of(changed("ingest-a1.json", media_type=type)), "media type")


@pytest.mark.parametrize(
    "uri",
    [
        *("blob:../../../../etc/passwd", "blob:/etc/passwd", "file:///etc/passwd", "/etc/passwd", "http://127.0.0.1/"),
        *(f"blob:videos/{OTHER_ID}/0/sound-a1.flac", f"blob:videos/{ID}/../{OTHER_ID}/0/sound-a1.flac", ""),
        *(f"blob:videos/{ID}/source", f"blob:videos/{ID}/0/asr-b1.json", f"BLOB:videos/{ID}/0/sound-a1.flac"),
    ],
)
async def test_a_uri_names_a_file_of_the_same_video(door: ArchiveDoor, uri: str) -> None:
    """The sound that asr opens, the pictures that embed opens, and what a later version may put beside them."""
    segment = {"index": 0, "start_ms": 0, "end_ms": 1000}
    await assert_refused(door, tar_of(changed("ingest-a1.json", segments=[segment | {"audio_uri": uri}])), "audio_uri")
    scene = {"index": 0, "start_ms": 0, "end_ms": 1000, "keyframes": [{"time_ms": 40, "uri": uri}]}
    await assert_refused(door, tar_of(changed("0/scenes-c1.json", scenes=[scene])), "uri")
    await assert_refused(door, tar_of(changed("0/asr-b1.json", other={"deep": [{"map_uri": uri}]})), "map_uri")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *((name.split("/", 2)[2], data) for name in FILM if name.endswith(".json") for data in JUNK),
        *(
            (name, data)
            for name in ("0/keyframes-c1/40.jpg", "0/storyboard-c1.jpg")
            for data in (b"", b"<svg>", JPEG[:20])
        ),
        *(("0/sound-a1.flac", data) for data in (b"", b"f", b"fLaC", FLAC_BEGIN[:7], b"#EXTM3U\nfile:///etc/passwd")),
        ("0/keyframes-c1/40.jpg", JPEG.replace(b"\x00\x10\x00\x10", b"\xff\xff\xff\xff")),
        *(("ingest-a1.json", PLAN.replace(b'%s":%d' % was, b'%s":%d' % (was[0], was[1] + 1))) for was in FACTS),
        ("0/embed-d1.json", b'{"dimensions":3,"scenes":["AACAPw=="]}'),
        ("0/embed-d1.json", b'{"dimensions":1,"scenes":["AACAPw"]}'),
        ("0/asr-b1.json", b'{"status":"ok","x":1e999}'),
        ("0/asr-b1.json", b'{"status":"ok","x":[{"y":' + b"9" * 20 + b"}]}"),
        ("0/asr-b1.json", b'{"status":"ok","x":"\\ud800"}'),
        ("declared.json", b'{"title":"' + b"x" * 2000 + b'"}'),
        ("declared.json", b'{"language":"<script>"}'),
    ],
)
async def test_a_member_is_what_its_name_says(door: ArchiveDoor, name: str, data: bytes) -> None:
    await assert_refused(door, tar_of(FILM | {f"videos/{ID}/{name}": data}), name.rsplit("/", 1)[-1])


def entry(name: str = f"videos/{ID}/0/sound-a2.flac", type: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    """A member's header."""
    made = tarfile.TarInfo(name)
    made.type, made.size = type, size
    return made


def pax(records: dict[str, str], size: int = 4) -> bytes:
    """A member whose extended header has these records."""
    made = entry(size=size)
    made.pax_headers = records
    return made.tobuf(tarfile.PAX_FORMAT) + b"fLaC" + bytes(508)


SPARSE = entry(type=tarfile.GNUTYPE_SPARSE, size=512)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (with_member(FILM, SPARSE, bytes(512)), "sparse"),
        (pax({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "99999999999"}), "sparse"),
        (pax({"GNU.sparse.map": "0,1,99999999999,1", "GNU.sparse.size": "99999999999"}), "sparse"),
        *((with_member(FILM, entry(type=type)), "no ordinary file") for type in (b"1", b"2", b"3", b"4", b"6", b"7")),
        *((with_member(FILM, entry(type=type)), "no ordinary file") for type in (b"V", b"M", b"N", b"\xff")),
        (pax({"comment": "x" * 70_000}), "header is longer"),
        (pax({"path": "x" * 70_000}), "header is longer"),
        (pax({"size": "-5"}), "archive"),
        (pax({"size": "9" * 4000}), "archive"),
        (pax({"path": "/etc/passwd"}), "no part of a video"),
        (pax({"hdrcharset": "BINARY", "path": "\udcff"}), "no part of a video"),
        (with_member(FILM, entry(type=b"L", size=2_500_000_000)), "header is longer"),
        (with_member(FILM, entry(type=b"x", size=2_500_000_000)), "header is longer"),
        (with_member(FILM, entry(type=b"g", size=2_500_000_000)), "header is longer"),
        (with_member(FILM, entry(type=b"x", size=-512)), "archive"),
        (entry(type=b"x").tobuf() * 1000, "header is longer"),
        (with_member(FILM, entry(size=8**20), b""), "may have 1 to"),
        (with_member(FILM, entry(size=-1), b""), "archive"),
        (b"\x1f\x8b\x08" + bytes(5000), "decompressed"),
        (b"BZh9" + bytes(5000), "decompressed"),
        (b"\xfd7zXZ\0" + bytes(5000), "decompressed"),
    ],
)
async def test_what_is_no_ordinary_file_is_refused(door: ArchiveDoor, data: bytes, words: str) -> None:
    """Sparse files in all their forms, links, devices, pipes; headers that are long, damaged, or lie."""
    await assert_refused(door, data, words)


async def test_a_million_tiny_members_are_refused(tmp_path: Path) -> None:
    async with archive_door(tmp_path / "blobs", archive_members=1000) as door:
        door.put(OTHER)
        tiny = {f"videos/{ID}/{n}/keyframes-c1/1.jpg": JPEG for n in range(1001)}
        await assert_refused(door, tar_of(tiny), "more than 1,000 members")
        folders = b"".join(entry(f"videos/{n}", tarfile.DIRTYPE).tobuf() for n in range(1001))
        await assert_refused(door, folders + tar_of(FILM), "more than 1,000 members")


async def test_a_film_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async with archive_door(tmp_path / "blobs", max_size=3) as door:
        door.put(OTHER)
        await assert_refused(door, tar_of(FILM), "larger than the limit of 3 bytes", status=413)


async def test_what_is_to_stay_free_of_the_disk_is_minded_as_bytes_come(tmp_path: Path) -> None:
    """Also where the archive is compressed, so that nothing says before how much comes."""
    async with archive_door(tmp_path / "blobs", keep_free=10**18) as door:
        door.put(OTHER)
        for data in (tar_of(FILM), gzipped(tar_of(FILM))):
            await assert_refused(door, data, "no space", status=507)


async def endless_zeros() -> AsyncIterator[bytes]:
    """A gzip stream of a member of 2.5 GB of zeros: a thousandth of that."""
    squeeze = zlib.compressobj(9, wbits=31)
    yield squeeze.compress(entry(f"videos/{ID}/source", size=2_500_000_000).tobuf())
    for _ in range(2500):
        yield squeeze.compress(bytes(1_000_000))
    yield squeeze.flush()


async def test_a_gzip_bomb_is_refused(door: ArchiveDoor) -> None:
    await assert_refused(door, endless_zeros(), "unpacks to more than 200 times", status=413)


def test_every_media_type_that_probing_finds_is_known() -> None:
    heads = (b"", b"\0\0\0\x18ftypqt  ", b"\0\0\0\x18ftyp3gp4", b"\0\0\0\x18ftypisom", b"\x1a\x45\xdf\xa3webm")
    found = {media_type(head, name) for head in heads for name in (*CONTAINERS, "mov,mp4", "matroska,webm", "nut")}
    assert found <= MEDIA_TYPES and not {
        type for type in MEDIA_TYPES if not type.startswith(("video/", "application/"))
    }
