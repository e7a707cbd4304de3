"""Keys of the blob store: what a key may be, and which keys belong to a video.

Every reader and writer of `Blobs` checks its key here, so that no event, archive or record leads out of the store.
"""

import os
import re
from pathlib import Path

from rushes_runtime.errors import InvalidError
from rushes_schemas.ids import key_fault

_RESERVED = re.compile(r"#\d+$")
"""Names that obstore gives to files of a folder while it writes them, and hides."""
_VIDEO = re.compile(r"videos/(?P<video_id>[^/]+)/.")


def check_key(key: str) -> str:
    """The key, if it is one. Raises InvalidError `not_a_key` for what is absolute, has an empty part or one of dots, a
    control character or what is not UTF-8, or is longer than S3 and file systems take."""
    if fault := key_fault(key):
        raise InvalidError("not_a_key", f"{key[:200]!r} is no key of the blob store: {fault}")
    return key


def path_of(folder: Path, key: str, *, follow: bool = True) -> Path:
    """Where a blob of a folder lies. Raises InvalidError `not_a_key`, also where a symbolic link leads out of the
    folder; `follow` is False where a link at the very end is not followed: it is renamed or removed itself."""
    path = folder / check_key(key)
    if is_temporary(key):
        raise InvalidError("not_a_key", f"{key[:200]!r} is no key of a folder: names that end so are temporary files")
    root = os.path.realpath(folder)
    if not f"{os.path.realpath(path if follow else path.parent)}{os.sep}".startswith(f"{root.rstrip(os.sep)}{os.sep}"):
        raise InvalidError("not_a_key", f"{key!r} leads out of the blob store by a symbolic link; remove that link")
    return path


def is_temporary(name: str) -> bool:
    """Whether obstore gives such a name to a file of a folder while it writes it."""
    return _RESERVED.search(name) is not None


def video_of_key(key: str) -> str | None:
    """The id of the video below which a key lies, or None."""
    match = _VIDEO.match(key)
    return match["video_id"] if match else None
