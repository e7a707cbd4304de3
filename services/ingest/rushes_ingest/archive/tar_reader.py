"""Reading a tar archive from a stream of bytes, compressed or not, in bounded memory for any input.

Python's `tarfile` reads the extensions of a header (pax, GNU long names) into memory, whatever size they declare. So
the blocks of a header are collected here, up to a limit, and `tarfile` only parses these.
"""

import asyncio
import bz2
import io
import lzma
import tarfile
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from rushes_runtime.errors import InvalidError

BLOCK = tarfile.BLOCKSIZE
PIECE = 1 << 20
"""Bytes that are decompressed at a time."""
MAX_HEADER = 64 * 1024
"""Limit on the bytes of a member's header with its extensions."""
XZ_MEMORY = 36 << 20
"""Memory for decompressing xz: enough for archives of `xz -8`, but not of `xz -9`."""
MAX_RATIO = 200
"""Limit on the decompressed size, in multiples of the compressed one. Text has about 10."""
RATIO_FREE_BYTES = 64 << 20
"""Decompressed bytes from which on the ratio is checked: zeros at the start of an archive compress well."""
MAX_MEMBER_SIZE = 1 << 60
"""Limit on the bytes of a member. A header that declares more is damaged."""
MAX_SHOWN = 100
"""Characters of a member's name in an error."""

EXTENSIONS = frozenset(
    {
        *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
        *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    }
)
FILES = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})


@dataclass(frozen=True)
class TarMember:
    """A file in the archive. Its bytes can be read once, before the next member is requested."""

    name: str
    size: int
    data: AsyncIterator[bytes]

    @property
    def shown(self) -> str:
        """The name for an error: shortened and in ASCII."""
        return shown_name(self.name)


def shown_name(name: str) -> str:
    """Return a member's name, shortened and in ASCII."""
    return ascii(name[:MAX_SHOWN]) + ("…" if len(name) > MAX_SHOWN else "")


def invalid_archive(sentence: str) -> InvalidError:
    """Return the error for an archive that can't be imported."""
    return InvalidError("not_an_archive", sentence)


async def read_members(body: AsyncIterator[bytes], most: int) -> AsyncIterator[TarMember]:
    """Yield the files of an archive. Directories are skipped.

    Raises InvalidError: `not_an_archive` for anything but a complete tar archive of at most `most` members, all of them
    files and directories; `too_large` if it decompresses to far more than it has.
    """
    stream = _ByteReader(decompressed(body))
    count = 0
    while (blocks := await _header(stream)) is not None:
        count += 1
        if count > most:
            raise invalid_archive(f"the archive has more than {most:,} members; import it in parts")
        entry = _parse_header(blocks)
        if entry.isdir():
            continue
        if entry.type not in FILES or entry.issparse():
            raise invalid_archive(f"the archive holds {shown_name(entry.name)}, which is no ordinary file")
        yield TarMember(entry.name, entry.size, stream.portion(entry.size))
        await stream.skip_rest(-entry.size % BLOCK)  # members are padded to whole blocks
    if not count:
        raise invalid_archive("the archive holds no video")


async def _header(stream: "_ByteReader") -> bytes | None:
    """Return the blocks of the next member's header, extensions first; None at the end of the archive."""
    gathered = b""
    while True:
        block = await stream.exactly(BLOCK)
        if not gathered and not any(block):
            return None
        try:
            entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except (tarfile.HeaderError, ValueError, OverflowError) as error:
            raise invalid_archive(f"the archive can't be read: {error}") from error
        gathered += block
        if entry.type not in EXTENSIONS:
            return gathered
        if not 0 <= entry.size <= MAX_HEADER - len(gathered):
            raise invalid_archive(f"the archive has a member whose header is longer than {MAX_HEADER:,} bytes")
        gathered += await stream.exactly(entry.size + -entry.size % BLOCK)


def _parse_header(blocks: bytes) -> tarfile.TarInfo:
    # To parse these formats of sparse files, `tarfile` would read on into the member's data.
    if b"GNU.sparse." in blocks:
        raise invalid_archive("the archive holds a sparse file; pack it again without --sparse")
    if blocks[-BLOCK:][156:157] == tarfile.GNUTYPE_SPARSE:
        raise invalid_archive("the archive holds a sparse file; pack it again without --sparse")
    try:
        entry = tarfile.TarFile(fileobj=io.BytesIO(blocks)).firstmember  # type: ignore[attr-defined]
    except (tarfile.TarError, ValueError, OverflowError, LookupError) as error:
        raise invalid_archive(f"the archive can't be read: {error}") from error
    if not isinstance(entry, tarfile.TarInfo) or not 0 <= entry.size <= MAX_MEMBER_SIZE:
        raise invalid_archive("the archive can't be read: a member's header is damaged")
    return entry


class _ByteReader:
    """Reads a stream of pieces in portions of any size."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self._owed = 0
        """Bytes of the current portion that were not read yet."""

    async def exactly(self, size: int) -> bytes:
        """Return `size` bytes. Raises InvalidError if there are fewer."""
        gathered = bytearray()
        while len(gathered) < size:
            gathered += await self._some(size - len(gathered))
        return bytes(gathered)

    async def portion(self, size: int) -> AsyncIterator[bytes]:
        """Yield `size` bytes, piece by piece."""
        self._owed = size
        while self._owed:
            piece = await self._some(self._owed)
            self._owed -= len(piece)
            yield piece

    async def skip_rest(self, more: int) -> None:
        """Skip the unread bytes of the last portion, and `more` bytes."""
        left, self._owed = self._owed + more, 0
        while left:
            left -= len(await self._some(left))

    async def _some(self, most: int) -> bytes:
        while not self._rest:
            piece = await anext(self._pieces, None)
            if piece is None:
                raise invalid_archive("the archive is cut short: it ends before its end mark")
            self._rest = memoryview(piece)
        taken, self._rest = self._rest[:most], self._rest[most:]
        return bytes(taken)


class _Decompressor(Protocol):
    """The interface that `bz2` and `lzma` share."""

    def decompress(self, data: bytes, max_length: int) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


class _Gzip:
    """The decompressor of `zlib` with the same interface."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self.needs_input = True

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = len(out) < max_length
        return out

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def _xz() -> _Decompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


MAGIC = 3
_DECOMPRESSORS: dict[bytes, Callable[[], _Decompressor]] = {
    b"\x1f\x8b\x08": _Gzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7z": _xz,
}
"""By the first bytes of the compressed data."""


async def decompressed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Decompress gzip, bzip2 or xz, at most `PIECE` bytes at a time. Other data are yielded unchanged.

    Raises InvalidError: `not_an_archive`, or `too_large` if the decompressed data are far larger.
    """
    head = b""
    while len(head) < MAGIC and (piece := await anext(pieces, None)) is not None:
        head += piece
    if head[:MAGIC] not in _DECOMPRESSORS:
        yield head
        async for piece in pieces:
            yield piece
        return
    decompression = _Decompression(head[:MAGIC])
    data: bytes | None = head
    while data is not None and not decompression.ended:
        while out := await asyncio.to_thread(decompression.step, data):
            yield out
            data = b""
        data = await anext(pieces, None)


class _Decompression:
    """The decompression of one stream, with its ratio."""

    def __init__(self, magic: bytes) -> None:
        self._magic = magic
        self._decompressor = _DECOMPRESSORS[magic]()
        self._in = self._out = 0
        self._behind = b""
        self.ended = False
        """The rest of the data is padding."""

    def step(self, data: bytes) -> bytes:
        """Decompress the next bytes, to at most `PIECE` bytes; to none if more input is needed. Blocks on the CPU."""
        self._in += len(data)
        try:
            out = self._decompress(data)
            while not out and self._decompressor.eof and self._goes_on():
                out = self._decompress(b"")
        except (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
            raise invalid_archive(f"the archive can't be decompressed: {error}") from error
        self._out += len(out)
        if self._out > max(RATIO_FREE_BYTES, MAX_RATIO * self._in):
            raise InvalidError("too_large", f"the archive unpacks to more than {MAX_RATIO} times its size")
        return out

    def _decompress(self, data: bytes) -> bytes:
        if self._decompressor.eof:
            self._behind += data
            return b""
        data, self._behind = self._behind + data, b""
        out = self._decompressor.decompress(data, PIECE) if data or not self._decompressor.needs_input else b""
        if self._decompressor.eof:
            self._behind = self._decompressor.unused_data
        return out

    def _goes_on(self) -> bool:
        """Return whether another stream follows the one that ended."""
        # Parallel compressors such as pigz and pbzip2 write many streams.
        if self._behind.startswith(self._magic):
            self._decompressor = _DECOMPRESSORS[self._magic]()
            return True
        self.ended = not self._magic.startswith(self._behind[:MAGIC])
        return False
