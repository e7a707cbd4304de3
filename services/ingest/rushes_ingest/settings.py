"""Settings of the ingest service."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from rushes_runtime.settings import Part

GIGABYTE = 1_000_000_000


class SegmentLimits(Part):
    """How long the segments of a video are."""

    target_s: Annotated[float, Field(ge=1, le=3600)] = 120
    """Length that a segment has where the sound gives no reason to cut elsewhere."""
    min_s: Annotated[float, Field(ge=1, le=3600)] = 90
    """No segment is shorter, except a short video's only one, and the last ones where what is left is too short."""
    max_s: Annotated[float, Field(ge=1, le=3600)] = 150
    """No segment is longer. A video up to this length is one segment."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min_s <= self.target_s <= self.max_s:
            raise ValueError("segment lengths must be min_s <= target_s <= max_s")
        return self

    @property
    def target_ms(self) -> int:
        """`target_s` in milliseconds."""
        return round(self.target_s * 1000)

    @property
    def min_ms(self) -> int:
        """`min_s` in milliseconds."""
        return round(self.min_s * 1000)

    @property
    def max_ms(self) -> int:
        """`max_s` in milliseconds."""
        return round(self.max_s * 1000)


class IngestSettings(Part):
    """What may come in, and how it is cut up."""

    segments: SegmentLimits = SegmentLimits()
    """How long segments are."""
    max_duration_s: Annotated[float, Field(gt=0, le=7 * 24 * 3600)] = 12 * 3600
    """A longer video is refused. The sound of a video takes 115 MB of temporary disk space an hour."""
    max_size: Annotated[int, Field(gt=0)] = 50 * GIGABYTE
    """A file of more bytes is refused."""
    keep_free: Annotated[int, Field(ge=0)] = GIGABYTE
    """Bytes of the disk that uploads leave free, where the bytes arrive on a disk of this machine."""
    spool: Path | None = None
    """Folder in which resumable uploads arrive; default: below a blob store that is a folder, else a temporary one.
    Only one process may use it, so where several serve uploads, each client has to reach the same one."""
    archive_members: Annotated[int, Field(gt=0)] = 500_000
    """An archive of more files and folders is refused. A film of two hours has about 2,000."""
    archives_at_once: Annotated[int, Field(gt=0)] = 3
    """So many archives may come in at the same time; each takes some ten megabytes of memory."""
    upload_expiry_h: Annotated[float, Field(gt=0)] = 24
    """A resumable upload that nobody goes on with for so long is removed; clients read it from `Upload-Expires`."""
    unfinished_uploads: Annotated[int, Field(gt=0)] = 100
    """Resumable uploads that one API key, or without keys one address, may have begun and not finished."""
    unfinished_uploads_in_all: Annotated[int, Field(gt=0)] = 2000
    """The same of all together."""
    allowed_schemes: tuple[str, ...] = ("file", "s3", "https", "blob")
    """URI schemes that videos are fetched from."""
    file_roots: tuple[str, ...] = ()
    """Folders below which `file:` URIs may read; none named: anywhere that the process may."""
    time_limit_s: Annotated[float, Field(gt=0)] = 1800
    """A video that takes longer to prepare is one failed attempt."""
    memory_limit: Annotated[int | None, Field(ge=256_000_000)] = None
    """Address space in bytes that the compute child may take, shared libraries included; None: no limit."""

    @property
    def max_duration_ms(self) -> int:
        """`max_duration_s` in milliseconds."""
        return round(self.max_duration_s * 1000)

    def made_with(self) -> dict[str, Any]:
        """What shapes a plan, for its recipe. A limit that only refuses does not."""
        return self.segments.model_dump()
