"""Validating the members of an archive: which names are allowed, and what their bytes have to be."""

import asyncio
import binascii
import math
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from rushes_ingest.archive.tar_reader import TarMember, invalid_archive
from rushes_runtime.blob_keys import video_of_key
from rushes_runtime.stored_json import fault_of, parsed
from rushes_schemas.artefacts import MEDIA_TYPES, Plan, SceneList, Source, StoredMetadata, VisualVectors, video_prefix
from rushes_schemas.events import Transcript, VideoUploaded
from rushes_schemas.ids import BLOB_SCHEME, blob_uri, video_id
from rushes_schemas.storyboard import Storyboard

KILOBYTE, MEGABYTE = 1 << 10, 1 << 20
MAX_INLINE_BYTES = 64 * KILOBYTE
"""JSON of up to this size is parsed within milliseconds, so no thread is used for it."""
MAX_INTEGER = 2**63 - 1
FLOAT32_BYTES = 4
MAX_PICTURE_PIXELS = 1 << 25
"""Limit for a keyframe or a storyboard. A picture that is 640 pixels wide has a hundredth of it."""
JPEG_FRAME_MARKERS = frozenset({0xC0, 0xC1, 0xC2})
"""JPEG markers of the block with the picture's size: baseline, extended and progressive."""

VIDEO = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
RECIPE = r"[0-9a-z]{1,64}"
SEGMENT = r"(?:0|[1-9][0-9]{0,6})"
MEMBER = re.compile(rf"(?:\./)?videos/(?P<video>{VIDEO})/(?P<name>[0-9a-z./-]{{1,200}})")

SOURCE, SOURCE_NOTE = "source", "source.json"


@dataclass(frozen=True)
class MemberKind:
    """One kind of file of a video."""

    name: re.Pattern[str]
    most: int
    """Maximum size in bytes."""
    validate: Callable[[str, bytes], None] | None
    """Called with the key and the bytes. Raises ValueError if the bytes are wrong. None for sound."""


def video_and_name(member: TarMember) -> tuple[str, str]:
    """Return the id of a member's video, and the name below that video. Raises InvalidError."""
    match = MEMBER.fullmatch(member.name)
    if match is None or (match["name"] != SOURCE and _kind_of(match["name"]) is None):
        raise invalid_archive(f"the archive holds {member.shown}: no part of a video")
    return match["video"], match["name"]


async def validated_data(member: TarMember, parsing: asyncio.Lock) -> bytes | AsyncIterator[bytes]:
    """Return the bytes of a member other than the video itself, or for sound, which may be long, an iterator of pieces.

    Raises InvalidError if they are not what the name says. `parsing` is held while a large JSON is parsed.
    """
    video, name = video_and_name(member)
    key, kind = f"{video_prefix(video)}/{name}", _kind_of(name)
    assert kind is not None
    if not 0 < member.size <= kind.most:
        raise invalid_archive(
            f"{member.shown} in the archive has {member.size:,} bytes; it may have 1 to {kind.most:,}"
        )
    if kind.validate is None:
        return _checked_sound(member)
    data = b"".join([piece async for piece in member.data])
    if len(data) <= MAX_INLINE_BYTES:
        _validate(kind.validate, key, data, member.shown)
        return data
    # Parsing takes many times the memory of the bytes, so large files are parsed one at a time.
    async with parsing:
        await asyncio.to_thread(_validate, kind.validate, key, data, member.shown)
    return data


def _validate(validate: Callable[[str, bytes], None], key: str, data: bytes, shown: str) -> None:
    try:
        validate(key, data)
    except ValueError as error:
        raise invalid_archive(f"{shown} in the archive is wrong: {ascii(fault_of(error))[1:-1]}") from error


async def _checked_sound(member: TarMember) -> AsyncIterator[bytes]:
    head = b""
    async for piece in member.data:
        if len(head) < len(FLAC_SIGNATURE):
            head += piece[: len(FLAC_SIGNATURE)]
            if not head.startswith(FLAC_SIGNATURE[: len(head)]):
                raise invalid_archive(f"{member.shown} in the archive is no FLAC")
        yield piece
    if len(head) < len(FLAC_SIGNATURE):
        raise invalid_archive(f"{member.shown} in the archive is no FLAC")


def parse_source(data: bytes) -> Source:
    """Parse the note on a video. Raises ValueError."""
    return parsed(SOURCE_NOTE, Source, data)


def _kind_of(name: str) -> MemberKind | None:
    return next((kind for kind in MEMBER_KINDS if kind.name.fullmatch(name)), None)


def _validate_source(key: str, data: bytes) -> None:
    note, video = parse_source(data), video_of_key(key)
    if not video == note.video_id == video_id(note.sha256):
        raise ValueError("it is the note on another video")


def _validate_metadata(key: str, data: bytes) -> None:
    metadata = parsed(key, StoredMetadata, data)
    # The event has the same limits as metadata from a client, so it is built to check them. The URI is a placeholder.
    VideoUploaded(uri="x:", accepted_at=metadata.said_at, **metadata.published().model_dump())


def _validate_plan(key: str, data: bytes) -> None:
    plan = parsed(key, Plan, data)
    _check_values(key, plan)
    if plan.media_type not in MEDIA_TYPES:
        raise ValueError(f"{plan.media_type[:40]!a} is no media type of a video")
    if min(plan.duration_ms, plan.width, plan.height) < 1:
        raise ValueError("its duration, width and height have to be at least 1")
    edges = [0, *(segment.end_ms for segment in plan.segments)]
    spans = [(segment.index, segment.start_ms, segment.end_ms) for segment in plan.segments]
    expected = [(index, start, end) for index, (start, end) in enumerate(pairwise(edges)) if start < end]
    if not spans or spans != expected or edges[-1] != plan.duration_ms:
        raise ValueError("its segments don't follow each other from 0 to its duration")


def _validate_as(model: type[BaseModel]) -> Callable[[str, bytes], None]:
    return lambda key, data: _check_values(key, parsed(key, model, data))


def _validate_vectors(key: str, data: bytes) -> None:
    vectors = parsed(key, VisualVectors, data)
    row = FLOAT32_BYTES * vectors.dimensions
    for rows in vectors.scenes:
        try:
            size = len(b64decode(rows, validate=True))
        except binascii.Error as error:
            raise ValueError("its vectors are not Base64") from error
        if size % row:
            raise ValueError(f"its vectors don't have {vectors.dimensions} dimensions")


def _validate_storyboard(key: str, data: bytes) -> None:
    board = parsed(key, Storyboard, data)
    _check_values(key, board)
    times = [*board.times_ms, board.end_ms]
    if times[0] < 0 or any(start > end for start, end in pairwise(times)):
        raise ValueError("its times are not in order")


def _validate_picture(key: str, data: bytes) -> None:
    # Only the header is read, before anything decodes the picture: its size decides how much memory that takes.
    at = 2
    if not data.startswith(b"\xff\xd8\xff"):
        raise ValueError("it is no JPEG")
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in JPEG_FRAME_MARKERS:
            height, width = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])
            if not 0 < width * height <= MAX_PICTURE_PIXELS:
                raise ValueError(f"the picture has {width} x {height} pixels; at most {MAX_PICTURE_PIXELS:,} are taken")
            return
        at += 2 + length  # the length field counts itself but not the marker
    raise ValueError("the JPEG has no header with its size")


def _check_values(key: str, content: BaseModel) -> None:
    """Raise ValueError unless every URI is that of a file of this video and the index can store every number."""
    prefix = blob_uri(video_prefix(video_of_key(key) or "")) + "/"
    for name, value in _values("", content):
        if isinstance(value, str) and (name.endswith("uri") or value.startswith(BLOB_SCHEME)):
            if not value.startswith(prefix) or not REFERENCED_FILE.fullmatch(value.removeprefix(prefix)):
                raise ValueError(f"{name} is {value[:100]!a}, which is no file of this video")
        elif isinstance(value, int) and abs(value) > MAX_INTEGER:
            raise ValueError(f"{name} is an integer of more than 64 bits")
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name} is no number")


def _values(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every scalar of a model, unknown fields included, with the name of its field."""
    if isinstance(value, BaseModel | Mapping):
        for key, part in value if isinstance(value, BaseModel) else value.items():
            yield from _values(str(key), part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _values(name, part)
    else:
        yield name, value


REFERENCED_FILE = re.compile(rf"{SEGMENT}/(?:sound-{RECIPE}\.flac|keyframes-{RECIPE}/[0-9]{{1,12}}\.jpg)")
"""Files to which an artefact may refer, because the next stage opens them."""

FLAC_SIGNATURE = b"fLaC\x00\x00\x00\x22"
"""The first bytes of a FLAC file: its magic number, and the header of its first block."""

MEMBER_KINDS = tuple(
    MemberKind(re.compile(name), most, validate)
    for name, most, validate in (
        (r"source\.json", 4 * KILOBYTE, _validate_source),
        (r"declared\.json", 256 * KILOBYTE, _validate_metadata),
        (rf"ingest-{RECIPE}\.json", 2 * MEGABYTE, _validate_plan),
        (rf"{SEGMENT}/asr-{RECIPE}\.json", 2 * MEGABYTE, _validate_as(Transcript)),
        (rf"{SEGMENT}/scenes-{RECIPE}\.json", 2 * MEGABYTE, _validate_as(SceneList)),
        (rf"{SEGMENT}/storyboard-{RECIPE}\.json", 64 * KILOBYTE, _validate_storyboard),
        (rf"{SEGMENT}/embed-{RECIPE}\.json", 8 * MEGABYTE, _validate_vectors),
        (rf"{SEGMENT}/sound-{RECIPE}\.flac", 160 * MEGABYTE, None),
        (rf"{SEGMENT}/keyframes-{RECIPE}/[0-9]{{1,12}}\.jpg", 16 * MEGABYTE, _validate_picture),
        (rf"{SEGMENT}/storyboard-{RECIPE}\.jpg", 16 * MEGABYTE, _validate_picture),
    )
)
"""All files that a video may have besides its own bytes."""
