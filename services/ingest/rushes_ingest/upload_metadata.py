"""The metadata that publishers send with a video: parsing, merging and storing it.

Later values replace earlier ones. A field that an event leaves out keeps its value.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rushes_runtime.artefacts import read, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import InvalidError
from rushes_schemas.artefacts import PublishedMetadata, StoredMetadata, metadata_key
from rushes_schemas.events import LATEST_MS, VideoUploaded
from rushes_schemas.upload_metadata import metadata_from_json

TEXT_FIELDS = ("title", "description", "language", "metadata")
KNOWN_FIELDS = (*TEXT_FIELDS, "filename")
"""The fields of forms and tus headers that are read. Others are ignored."""


def field_text(name: str, value: bytes) -> str:
    """Return the text of a field. Raises InvalidError for bytes that are not UTF-8.

    In a file's name such bytes are replaced instead: whoever sends the file may not be able to rename it.
    """
    try:
        return value.decode(errors="replace" if name == "filename" else "strict")
    except UnicodeDecodeError:
        raise InvalidError("bad_request", f"{name}: the text is not UTF-8") from None


def uploaded_event(uri: str, fields: Mapping[str, Any]) -> VideoUploaded:
    """Return the event to publish. Ignores empty and unknown fields. Raises InvalidError that names the wrong field."""
    known = {name: value for name, value in fields.items() if value and name in KNOWN_FIELDS}
    if "metadata" in known:
        known["metadata"] = _parse_metadata(known["metadata"])
    try:
        return VideoUploaded(uri=uri, **known)
    except ValidationError as error:
        # One sentence about the first error. Pydantic's message would quote the whole input.
        first = error.errors()[0]
        field = first["loc"][0] if first["loc"] else "the upload"
        raise InvalidError("bad_request", f"{field}: {first['msg']}") from error


def _parse_metadata(metadata: str) -> Any:
    try:
        return metadata_from_json(metadata)
    except ValueError as error:
        raise InvalidError("bad_request", f"metadata is no JSON object that can be stored: {error}") from error


def merge_metadata(before: StoredMetadata, event: VideoUploaded, now: int) -> StoredMetadata:
    """Return the metadata after an event. Its fields replace those of before; fields in `cleared` become empty.

    An event that was accepted before the last change only fills fields that are empty. One that was accepted after it
    wins whatever the clock says now, and a time in the future counts as the next moment, so that what is said later
    wins over it in turn. `now` is in ms since the Unix epoch.
    """
    new = PublishedMetadata.model_validate(event, from_attributes=True).model_dump(exclude_defaults=True)
    # The same bytes uploaded under another name are the same video, which keeps its first file name.
    if before.filename:
        new.pop("filename", None)
    # A time in the future, set by a clock that is ahead, would make all later events count as late. A clock that was
    # set back must not make this one late: `announce` gave it a time after the last change.
    at = min(event.accepted_at or 0, max(now, before.said_at + 1), LATEST_MS)
    if at < before.said_at:
        return before.model_copy(update=new | before.model_dump(exclude_defaults=True))
    cleared = {name: PublishedMetadata.model_fields[name].get_default() for name in event.cleared}
    return before.model_copy(update=cleared | new | {"said_at": at})


async def find_metadata(blobs: Blobs, video_id: str) -> PublishedMetadata:
    """Return the stored metadata of a video; empty if there are none."""
    return (await _read(blobs, video_id)).published()


async def store_metadata(blobs: Blobs, video_id: str, event: VideoUploaded) -> PublishedMetadata:
    """Merge an event into the stored metadata and return the result."""
    after = merge_metadata(await _read(blobs, video_id), event, now_ms())
    await write(blobs, metadata_key(video_id), after)
    return after.published()


async def metadata_changed_at(blobs: Blobs, video_id: str) -> int:
    """Return when the metadata last changed, in ms since the Unix epoch."""
    return (await _read(blobs, video_id)).said_at


async def restore_metadata(blobs: Blobs, video_id: str, metadata: PublishedMetadata) -> None:
    """Store metadata that were recovered from elsewhere, unless the video has some."""
    key = metadata_key(video_id)
    if not await blobs.exists(key):
        await write(blobs, key, StoredMetadata(**metadata.model_dump()))


async def _read(blobs: Blobs, video_id: str) -> StoredMetadata:
    return await read(blobs, metadata_key(video_id), StoredMetadata) or StoredMetadata()
