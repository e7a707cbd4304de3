"""Settings of the ingest service."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from rushes_runtime.memory import MemoryLimit
from rushes_runtime.settings import Part

GIGABYTE = 1_000_000_000
MAX_PIXELS = 50_000_000


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
    upload_expiry_h: Annotated[float, Field(gt=0)] = 48
    """A resumable upload that nobody goes on with for so long is removed."""
    allowed_schemes: tuple[str, ...] = ("file", "s3", "https", "blob")
    """URI schemes that videos are fetched from."""
    file_roots: tuple[str, ...] = ()
    """Folders below which `file:` URIs may read; none named: anywhere that the process may."""
    time_limit_s: Annotated[float, Field(gt=0)] = 1800
    """A video that takes longer to prepare is one failed attempt."""
    memory_limit: MemoryLimit = None
    """Bytes of memory that the child which prepares videos may take; 0: no limit. Default: an eighth of the machine's
    memory, and at least 2 GB."""
    max_pixels: Annotated[int, Field(ge=1_000_000, le=500_000_000)] = MAX_PIXELS
    """Width times height of a video's pictures; a video of larger ones is refused. 8K has 35 million."""
    first_picture_limit_s: Annotated[float, Field(gt=0)] = 60
    """How long it may take to open a video and decode its first picture when it is prepared."""
    probe_limit_s: Annotated[float, Field(gt=0)] = 5
    """How long the same may take at the door. What takes longer is accepted, and judged when it is prepared."""
    probe_workers: Annotated[int, Field(ge=1, le=64)] = 2
    """How many uploads are looked at at once, each in a process of its own."""
    probe_memory_limit: MemoryLimit = None
    """Bytes of memory that each of these processes may take; 0: no limit. Default: a sixteenth of the machine's memory,
    and at least 2 GB."""

    @property
    def max_duration_ms(self) -> int:
        """`max_duration_s` in milliseconds."""
        return round(self.max_duration_s * 1000)

    def made_with(self) -> dict[str, Any]:
        """What shapes a plan, for its recipe. A limit that only refuses does not."""
        return self.segments.model_dump()
