"""What routes share: 404 for unknown ids, ETags (RFC 9110, section 13) and byte ranges (section 14)."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import HTTPException

from rushes_query.index_reader import UnknownId


async def not_found_is_404() -> AsyncIterator[None]:
    """A dependency of routers: answer UnknownId with 404."""
    try:
        yield
    except UnknownId as error:
        raise HTTPException(404, str(error)) from error


def has_it(tags: str | None, etag: str) -> bool:
    """Whether If-None-Match names this ETag. The comparison is weak, as the RFC requires here."""
    return tags is not None and (tags.strip() == "*" or _bare(etag) in map(_bare, tags.split(",")))


def _bare(tag: str) -> str:
    return tag.strip().removeprefix("W/")


_ONE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.ASCII | re.IGNORECASE)

MOST_DIGITS = 18
"""Digits of a position in a file."""


class Unsatisfiable(Exception):
    """The range begins after the end of the file."""


@dataclass(frozen=True)
class ByteRange:
    """The bytes [start, end) of `size`."""

    start: int
    end: int
    size: int

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """The Content-Range header; its last position is inclusive."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def parse(header: str | None, size: int) -> ByteRange | None:
    """Return the range that a Range header asks for, or None for the whole file: without a header, and with one that
    may be ignored (malformed, or several ranges). Raises Unsatisfiable."""
    match = _ONE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = (_position(digits) for digits in match.groups())
    # `bytes=-500` asks for the last 500 bytes.
    if first is None:
        start, end = max(0, size - (last or 0)), size
    else:
        start, end = first, size if last is None else min(size, last + 1)
        if last is not None and last < first:
            return None
    if start >= size:
        raise Unsatisfiable
    return ByteRange(start, end, size)


def _position(digits: str) -> int | None:
    """Return the position, or None for an empty text. More digits than any file's size has become a position after
    every end: Python refuses to parse thousands of digits."""
    significant = digits.lstrip("0")
    if len(significant) > MOST_DIGITS:
        return int("9" * MOST_DIGITS)
    return int(significant or "0") if digits else None
