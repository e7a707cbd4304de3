"""The headers of tus, read. Pure."""

import hashlib
from base64 import b64decode
from dataclasses import dataclass

from rushes_ingest.said import KEPT, text_of
from rushes_runtime.errors import InvalidError

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,termination,expiration"
ALGORITHMS = ("sha1", "sha256", "md5")
CONTENT_TYPE = "application/offset+octet-stream"


@dataclass(frozen=True)
class Checksum:
    """What the bytes of one request are to hash to."""

    algorithm: str
    digest: bytes

    def new(self) -> "hashlib._Hash":
        """A hash of this algorithm. It finds damage on the way; it is no defence against anybody."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def checksum(header: str | None) -> Checksum | None:
    """`Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`. Raises InvalidError."""
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidError("bad_request", f"Upload-Checksum: {algorithm!r} is none of {', '.join(ALGORITHMS)}")
    return Checksum(algorithm, _decoded(digest, "Upload-Checksum"))


def metadata(header: str | None) -> dict[str, str]:
    """`Upload-Metadata: filename ZmlsbS5tcDQ=,title QSBmaWxt`; unknown keys are not kept. Raises InvalidError."""
    pairs: dict[str, str] = {}
    for pair in (header or "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key:
            decoded = _decoded(value, f"Upload-Metadata {key}")
            if key in KEPT:
                pairs[key] = text_of(key, decoded)
    return pairs


def _decoded(value: str, name: str) -> bytes:
    try:
        return b64decode(value.strip(), validate=True)
    except ValueError as error:  # binascii.Error for ASCII, and a plain one for what is not ASCII
        raise InvalidError("bad_request", f"{name}: {value[:100]!a} is not Base64") from error
