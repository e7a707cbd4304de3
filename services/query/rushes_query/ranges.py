"""HTTP byte ranges (RFC 9110, section 14). Pure."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range lies behind the end."""


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
        """The Content-Range header, which counts the last byte in."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def parse(header: str | None, size: int) -> ByteRange | None:
    """What part a Range header asks for. None: all of it, since there is no header, or one that may be ignored, such
    as a malformed one or one that asks for several parts. Raises Unsatisfiable."""
    match = _ONE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise Unsatisfiable
    return ByteRange(start, end, size)
