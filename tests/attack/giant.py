"""Small files that unpack to pictures of any size: PNGs of nothing in a MOV, written without an encoder."""

import struct
import zlib
from collections.abc import Sequence

Size = tuple[int, int]
"""Width and height in pixels."""

MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
DURATION = 100
"""Of a picture, in units of 1/1000 s."""


def mov(pictures: Sequence[Size], claims: Size | None = None, tracks: int = 1) -> bytes:
    """A MOV that shows black pictures of these sizes, 100 ms each, on so many tracks; its header claims the first one's
    size, or another."""
    images = [png(*size) for size in pictures]
    head = _box(b"ftyp", b"qt  ", struct.pack(">I", 0x200), b"qt  ")
    offsets = [len(head) + 8 + sum(map(len, images[:number])) for number in range(len(images))]
    width, height = claims or pictures[0]
    table = _table(images, offsets, width, height)
    boxes = [_track(number + 1, len(images), table, width, height) for number in range(tracks)]
    return head + _box(b"mdat", *images) + _box(b"moov", _movie_header(len(images), tracks), *boxes)


def png(width: int, height: int) -> bytes:
    """A black picture, one row compressed and repeated: a megabyte for 16,000 x 16,000."""
    row = bytes(1 + 3 * width)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packer.compress(row)
    packer.flush(zlib.Z_FULL_FLUSH)  # the dictionary is as it will be for all others
    one = packer.compress(row) + packer.flush(zlib.Z_FULL_FLUSH)
    sum_of_zeros = (len(row) * height % 65521) << 16 | 1
    pixels = b"\x78\xda" + one * height + packer.flush() + struct.pack(">I", sum_of_zeros)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, *parts: bytes) -> bytes:
    return _box(kind, bytes(4), *parts)


def _table(images: Sequence[bytes], offsets: Sequence[int], width: int, height: int) -> bytes:
    """Where the pictures lie, and what they are said to be."""
    count = len(images)
    entry = [bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HHII", width, height, 0x480000, 0x480000)]
    entry += [bytes(4), struct.pack(">H", 1), bytes(32), struct.pack(">Hh", 24, -1)]
    sizes = b"".join(struct.pack(">I", len(image)) for image in images)
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), _box(b"png ", *entry)),
        _full(b"stts", struct.pack(">III", 1, count, DURATION)),
        _full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        _full(b"stsz", struct.pack(">II", 0, count), sizes),
        _full(b"stco", struct.pack(">I", count), *(struct.pack(">I", offset) for offset in offsets)),
    )


def _track(number: int, count: int, table: bytes, width: int, height: int) -> bytes:
    reference = _full(b"dref", struct.pack(">I", 1), _box(b"url ", struct.pack(">I", 1)))
    media = _box(b"minf", _box(b"vmhd", struct.pack(">I", 1), bytes(8)), _box(b"dinf", reference), table)
    header = struct.pack(">IIIII", 0, 0, number, 0, DURATION * count)
    shape = struct.pack(">II", width << 16, height << 16)
    return _box(
        b"trak",
        _box(b"tkhd", struct.pack(">I", 15), header, bytes(16), MATRIX, shape),
        _box(
            b"mdia",
            _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 1000, DURATION * count, 0, 0)),
            _full(b"hdlr", b"mhlrvide", bytes(13)),
            media,
        ),
    )


def _movie_header(count: int, tracks: int) -> bytes:
    times = struct.pack(">IIII", 0, 0, 1000, DURATION * count)
    return _full(b"mvhd", times, struct.pack(">IH", 0x10000, 0x100), bytes(10), MATRIX, bytes(24), _number(tracks + 1))


def _number(value: int) -> bytes:
    return struct.pack(">I", value)
