"""The metadata that publishers send with a video: parsing, merging and storing it.

Later values replace earlier ones. A field that an event leaves out keeps its value.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from rushes_runtime.artefacts import read, video_prefix, write
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import InvalidError
from rushes_schemas.events import Language, Milliseconds, VideoUploaded
from rushes_schemas.upload_metadata import Description, Filename, Metadata, Title, metadata_from_json

TEXT_FIELDS = ("title", "description", "language", "metadata")
KNOWN_FIELDS = (*TEXT_FIELDS, "filename")
"""The fields that are taken in; unknown ones are ignored."""


def field_text(name: str, value: bytes) -> str:
    """The text of a field. Raises InvalidError for bytes that are no UTF-8; a file's name is made readable instead,
    since whoever sends the file may not be able to choose it."""
    try:
        return value.decode(errors="replace" if name == "filename" else "strict")
    except UnicodeDecodeError:
        raise InvalidError("bad_request", f"{name}: the text is not UTF-8") from None


def uploaded_event(uri: str, fields: Mapping[str, Any]) -> VideoUploaded:
    """The event to publish. Fields that are empty say nothing, and unknown ones are ignored. Raises InvalidError naming
    the field that is wrong."""
    said = {name: value for name, value in fields.items() if value and name in KNOWN_FIELDS}
    if "metadata" in said:
        said["metadata"] = _parse_metadata(said["metadata"])
    try:
        return VideoUploaded(uri=uri, **said)
    except ValidationError as error:
        first = error.errors()[0]
        where = first["loc"][0] if first["loc"] else "the upload"
        raise InvalidError("bad_request", f"{where}: {first['msg']}") from error


def _parse_metadata(metadata: str) -> Any:
    try:
        return metadata_from_json(metadata)
    except ValueError as error:
        raise InvalidError("bad_request", f"metadata is no JSON object that can be stored: {error}") from error


class PublishedMetadata(BaseModel):
    """The publisher's part of a video's facts."""

    title: Title | None = None
    description: Description | None = None
    language: Language | None = None
    metadata: Metadata = {}
    filename: Filename | None = None


class StoredMetadata(PublishedMetadata):
    """The same as it is stored, with when the last of it was said, in ms since the Unix epoch."""

    said_at: Milliseconds = 0

    def published(self) -> PublishedMetadata:
        """Without the time."""
        return PublishedMetadata(**self.model_dump(exclude={"said_at"}))


def merge_metadata(before: StoredMetadata, event: VideoUploaded, now: int) -> StoredMetadata:
    """What is known after an event: what it says replaces what was said before, or forgets it where it is `cleared`.

    An event that comes late, after one that was accepted after it, only says what nobody has said yet. `now` is in ms
    since the Unix epoch.
    """
    said = PublishedMetadata.model_validate(event, from_attributes=True).model_dump(exclude_defaults=True)
    if before.filename:
        said.pop("filename", None)  # the same bytes under another name are not another file
    at = min(event.accepted_at or 0, now)  # by a clock that is ahead, nothing said later would count
    if at < before.said_at:
        return before.model_copy(update=said | before.model_dump(exclude_defaults=True))
    cleared = {name: PublishedMetadata.model_fields[name].get_default() for name in event.cleared}
    return before.model_copy(update=cleared | said | {"said_at": at})


async def find_metadata(blobs: Blobs, video_id: str) -> PublishedMetadata:
    """What is known of a video; nothing, where nothing was said."""
    return (await _read(blobs, video_id)).published()


async def store_metadata(blobs: Blobs, video_id: str, event: VideoUploaded) -> PublishedMetadata:
    """Take in what an event says; what is known now."""
    after = merge_metadata(await _read(blobs, video_id), event, now_ms())
    await write(blobs, _key(video_id), after)
    return after.published()


async def metadata_changed_at(blobs: Blobs, video_id: str) -> int:
    """When the last of it was said, in ms since the Unix epoch."""
    return (await _read(blobs, video_id)).said_at


async def restore_metadata(blobs: Blobs, video_id: str, declared: PublishedMetadata) -> None:
    """Write what is known of a video from elsewhere, unless something is."""
    if not await blobs.exists(_key(video_id)):
        await write(blobs, _key(video_id), StoredMetadata(**declared.model_dump()))


async def _read(blobs: Blobs, video_id: str) -> StoredMetadata:
    return await read(blobs, _key(video_id), StoredMetadata) or StoredMetadata()


def _key(video_id: str) -> str:
    return f"{video_prefix(video_id)}/declared.json"
