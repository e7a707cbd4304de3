"""Archives that are damaged at random, and imports that are killed at every call."""

import random
import tarfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from rushes_ingest.archive.importing import STAGING, ArchiveImporter
from rushes_ingest.settings import IngestSettings
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_runtime.generations import find_source

from .archives import ArchiveDoor, film, gzipped, pieces, playable, source_of, tar_of

FILM = film(b"film")
ID = source_of(b"film").video_id
OTHER = film(b"another")
OTHER_ID = source_of(b"another").video_id
ROUNDS = 2000
PARTS = 4
TREASURES = (
    *(OTHER_ID.encode(), b"../../../../etc/passwd\0", b"text/html", b"GNU.sparse.size=9", b"NaN", b"-1", b"1e999"),
    *(b"[" * 300, b"9" * 40, b'"\\ud800"', b"null", b"{}"),
    *(b"\0" * 8, b"\xff" * 8, b"77777777777\0", b"\x80" + b"\xff" * 11),
)


def damaged(data: bytes, random: random.Random) -> bytes:
    """An archive after one to three mishaps, after which the headers' checksums are right again, mostly."""
    for _ in range(random.randint(1, 3)):
        data = random.choice(MISHAPS)(data, random)
    return checked(data) if random.random() < 0.8 else data


def flip(data: bytes, random: random.Random) -> bytes:
    at = random.randrange(len(data) or 1)
    return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]


def treasure(data: bytes, random: random.Random) -> bytes:
    what, at = random.choice(TREASURES), random.randrange(len(data) or 1)
    return data[:at] + what + data[at + len(what) :]


def in_a_header(data: bytes, random: random.Random) -> bytes:
    """At the beginning of a field: name, mode, size, checksum, type, link, magic."""
    headers = [at for at in range(0, len(data), 512) if data[at : at + 6] == b"videos"]
    at = random.choice(headers or [0]) + random.choice((0, 44, 100, 124, 148, 156, 157, 257, 345))
    what = random.choice(TREASURES) if random.random() < 0.5 else bytes([random.choice(b"0123456789xgLKSVD")])
    return data[:at] + what + data[at + len(what) :]


def cut(data: bytes, random: random.Random) -> bytes:
    return data[: random.randrange(len(data) or 1)]


def moved_blocks(data: bytes, random: random.Random) -> bytes:
    blocks = [data[at : at + 512] for at in range(0, len(data), 512)]
    start, end, to = sorted(random.randrange(len(blocks) + 1) for _ in range(3))
    return b"".join(random.choice((blocks[:start] + blocks[end:], blocks[:to] + blocks[start:])))


MISHAPS: Sequence[Callable[[bytes, random.Random], bytes]] = (
    flip,
    treasure,
    treasure,
    in_a_header,
    in_a_header,
    cut,
    moved_blocks,
)


def checked(data: bytes) -> bytes:
    """The same with right checksums in what looks like a header."""
    blocks = bytearray(data)
    for at in range(0, len(blocks) - 511, 512):
        if blocks[at + 257 : at + 262] == b"ustar":
            total = tarfile.calc_chksums(bytes(blocks[at : at + 512]))[0]  # type: ignore[attr-defined]
            blocks[at + 148 : at + 156] = b"%06o\0 " % (total % 8**6)
    return bytes(blocks)


@pytest.mark.parametrize("part", range(PARTS))
async def test_2000_damaged_archives_change_no_other_video_and_are_no_bug(part: int) -> None:
    """What is refused changes nothing at all; what is taken all the same is still only what may lie below its video."""
    both = FILM | film(b"a third")
    whole = [tar_of(FILM), tar_of(film(b"film", with_source=False)), tar_of(both, tarfile.PAX_FORMAT)]
    blobs = Blobs("memory:///")
    for key, data in OTHER.items():
        await blobs.put(key, data)
    importer = ArchiveImporter(blobs, playable, IngestSettings())
    taken = 0
    for seed in range(part, ROUNDS, PARTS):
        chance = random.Random(seed)
        data = damaged(chance.choice(whole), chance)
        if chance.random() < 0.2:
            data = flip(gzipped(data), chance)
        was_taken = await imported(importer, data)
        await clean(blobs, seed, was_taken=was_taken)
        taken += was_taken
    assert 20 < taken < ROUNDS / PARTS / 2, "the damage is neither always found at once, nor mostly none"


async def imported(importer: ArchiveImporter, data: bytes) -> bool:
    """Whether an archive is taken; else it is refused in a sentence that can be answered."""
    try:
        await importer.import_archive(pieces(data, 10_000), at=5000)
    except InvalidError as error:
        assert str(error).isprintable() and len(str(error).encode()) < 500
        return False
    return True


async def clean(blobs: Blobs, seed: int, *, was_taken: bool) -> None:
    """Check what there is now, and remove it again where the archive was taken."""
    keys = [key for prefix in ("videos", "incoming") async for key in blobs.list(prefix)]
    left = set(keys) - set(OTHER)
    assert set(keys) >= set(OTHER), f"seed {seed}: another video was changed"
    assert [blobs.get_now(key) for key in OTHER] == list(OTHER.values()), f"seed {seed}: another video was changed"
    assert was_taken or not left, f"seed {seed}: refused, and yet {left}"
    assert all(key.startswith("videos/") and OTHER_ID not in key for key in left), f"seed {seed}: {left}"
    await blobs.delete(*left)


class Killed(BaseException):
    """The process is no more."""


class Mortal(Blobs):
    """A blob store whose process dies at its n-th call that changes something."""

    left = 0

    async def put(self, key: str, data: bytes | AsyncIterator[bytes], media_type: str | None = None) -> None:
        self._step()
        await super().put(key, data, media_type)

    async def rename(self, source: str, target: str) -> None:
        self._step()
        await super().rename(source, target)

    async def delete(self, *keys: str) -> None:
        self._step()
        await super().delete(*keys)

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


async def test_an_import_that_is_killed_at_any_call_is_invisible_or_whole_and_a_repeat_mends_it(tmp_path: Path) -> None:
    calls, was_killed = 0, True
    while was_killed:
        folder = tmp_path / str(calls)
        mortal = Mortal(folder.as_uri())
        mortal.left = calls
        was_killed = await killed(mortal)
        door = ArchiveDoor(folder, None)  # type: ignore[arg-type]
        assert await find_source(door.blobs, ID) is None or set(FILM) <= set(door.contents())
        assert not await killed(door.blobs)
        assert {key for key in door.contents() if not key.startswith(STAGING)} == set(FILM)
        calls += 1
    assert calls > 20, "there was no call to be killed at"


async def killed(blobs: Blobs) -> bool:
    """Whether an import of the film is killed."""
    try:
        await ArchiveImporter(blobs, playable, IngestSettings(keep_free=0)).import_archive(
            pieces(tar_of(FILM)), at=5000
        )
    except Killed:
        return True
    return False
