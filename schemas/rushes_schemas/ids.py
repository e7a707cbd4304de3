"""Identifiers that are functions of what they name, so that doing a thing twice makes it once."""

from urllib.parse import urlsplit
from uuid import UUID, uuid5

NAMESPACE = UUID("6f7a0a57-6b0e-5a4e-9d4e-2f1d5c1f8b11")
"""The namespace of every video id; fixed for ever, since ids are derived from it."""

BLOB_SCHEME = "blob:"
"""A URI with this scheme is a key in the installation's own blob store (`RUSHES_BLOBS__URL`)."""


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
    """A URI without the password that may be in it, as it is listed and looked for."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    user, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}@{host}").geturl() if at and ":" in user else uri


def scene_point_id(video: str, segment: int, scene: int, recipe: str) -> str:
    """The id of a scene's point in the index: UUIDv5(video_id, "segment:scene:recipe")."""
    return str(uuid5(UUID(video), f"{segment}:{scene}:{recipe}"))


def blob_uri(key: str) -> str:
    """The URI of a key in the blob store."""
    return BLOB_SCHEME + key


def blob_key(uri: str) -> str:
    """The key that a `blob:` URI names. Raises ValueError for any other scheme."""
    if not uri.startswith(BLOB_SCHEME):
        raise ValueError(f"not a {BLOB_SCHEME} URI: {uri}")
    return uri.removeprefix(BLOB_SCHEME)
