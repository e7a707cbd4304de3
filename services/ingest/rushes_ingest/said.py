"""What an uploader says of a video, out of the text fields that forms and headers have."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rushes_runtime.errors import InvalidError
from rushes_schemas.events import VideoUploaded
from rushes_schemas.upload_metadata import metadata_from_json

FIELDS = ("title", "description", "language", "metadata")
KEPT = (*FIELDS, "filename")
"""The fields that are taken in; unknown ones are ignored."""


def text_of(name: str, value: bytes) -> str:
    """The text of a field. Raises InvalidError for bytes that are no UTF-8; a file's name is made readable instead,
    since whoever sends the file may not be able to choose it."""
    try:
        return value.decode(errors="replace" if name == "filename" else "strict")
    except UnicodeDecodeError:
        raise InvalidError("bad_request", f"{name}: the text is not UTF-8") from None


def event_of(uri: str, fields: Mapping[str, Any]) -> VideoUploaded:
    """The event to publish. Fields that are empty say nothing, and unknown ones are ignored. Raises InvalidError naming
    the field that is wrong."""
    said = {name: value for name, value in fields.items() if value and name in KEPT}
    if "metadata" in said:
        said["metadata"] = _parsed(said["metadata"])
    try:
        return VideoUploaded(uri=uri, **said)
    except ValidationError as error:
        first = error.errors()[0]
        where = first["loc"][0] if first["loc"] else "the upload"
        raise InvalidError("bad_request", f"{where}: {first['msg']}") from error


def _parsed(metadata: str) -> Any:
    try:
        return metadata_from_json(metadata)
    except ValueError as error:
        raise InvalidError("bad_request", f"metadata is no JSON object that can be stored: {error}") from error
