"""Identifiers that are functions of what they name, so that doing a thing twice makes it once."""

import unicodedata
from uuid import UUID, uuid5

from rushes_schemas.uris import redacted

NAMESPACE = UUID("6f7a0a57-6b0e-5a4e-9d4e-2f1d5c1f8b11")
"""The namespace of every video id; fixed for ever, since ids are derived from it."""

BLOB_SCHEME = "blob:"
"""A URI with this scheme is a key in the installation's own blob store (`RUSHES_BLOBS__URL`)."""

MOST_KEY_BYTES = 1024
"""What S3 takes as a key, in UTF-8."""
MOST_PART_BYTES = 255
"""What file systems take as a name, in UTF-8."""


def video_id(sha256: str) -> str:
    """The id of a video: UUIDv5 of the lower-case hex SHA-256 of its bytes. The same bytes are the same video."""
    return str(uuid5(NAMESPACE, sha256))


def provisional_id(uri: str) -> str:
    """The id that stands for an accepted URI until its bytes, and so its video's id, are known: UUIDv5 of the URI. It
    is no video's, since no URI is a SHA-256."""
    return str(uuid5(NAMESPACE, f"uri {uri}"))


def is_elsewhere(uri: str) -> bool:
    """Whether a URI names something that is yet to be fetched, and no blob of the installation's own."""
    return not uri.startswith(BLOB_SCHEME)


def public_uri(uri: str) -> str:
    """A URI without the secrets that may be in it, as it is listed and looked for."""
    return redacted(uri)


def scene_point_id(video: str, segment: int, scene: int, recipe: str) -> str:
    """The id of a scene's point in the index: UUIDv5(video_id, "segment:scene:recipe")."""
    return str(uuid5(UUID(video), f"{segment}:{scene}:{recipe}"))


def blob_uri(key: str) -> str:
    """The URI of a key in the blob store."""
    return BLOB_SCHEME + key


def blob_key(uri: str) -> str:
    """The key that a `blob:` URI names. Raises ValueError for any other scheme, and for what is no key."""
    if not uri.startswith(BLOB_SCHEME):
        raise ValueError(f"not a {BLOB_SCHEME} URI: {uri}")
    key = uri.removeprefix(BLOB_SCHEME)
    if fault := key_fault(key):
        raise ValueError(f"{uri[:200]!r} names no key of the blob store: {fault}")
    return key


def own_blob_key(uri: str, video_id: str) -> str:
    """The same, of a blob that belongs to this video: it lies below `videos/<video_id>/`. Raises ValueError."""
    key = blob_key(uri)
    if not key.startswith(f"videos/{video_id}/"):
        raise ValueError(f"{uri[:200]!r} is not below blob:videos/{video_id}/, where the blobs of its video lie")
    return key


def key_fault(key: str) -> str | None:
    """Why a text can't be a key of the blob store, in a few words; None where it can."""
    parts = key.split("/")
    if "" in parts:
        return "it is empty, absolute or has an empty part"
    if not {".", ".."}.isdisjoint(parts):
        return "it has a part of dots only"
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in key):
        return "it has a control character or half of a surrogate pair"
    if len(key.encode()) > MOST_KEY_BYTES or any(len(part.encode()) > MOST_PART_BYTES for part in parts):
        return f"it is longer than {MOST_KEY_BYTES} bytes, or a part of it than {MOST_PART_BYTES}"
    return None
