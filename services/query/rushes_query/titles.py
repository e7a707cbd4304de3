"""What a video is called where it is shown."""

from rushes_schemas.index import UNTITLED, VideoRecord


def shown_title(record: VideoRecord | None, title: str | None = None) -> str:
    """The title as published, else the file's name, else "untitled video", and of what is not fetched yet its URI.
    `title` is what is known besides."""
    if record is None:
        return title or UNTITLED
    return record.title or title or record.filename or (record.uri if record.provisional else None) or UNTITLED
