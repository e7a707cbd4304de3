"""Settings of the ingest service."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from rushes_runtime.memory import MemoryLimit
from rushes_runtime.settings import Part, Port, Seconds

GIGABYTE = 1_000_000_000
MAX_PIXELS = 50_000_000  # the default of `max_pixels`


class SegmentLimits(Part):
    """How long the segments of a video are."""

    target_s: Annotated[float, Field(ge=1, le=3600)] = 120
    """Length of a segment, unless a pause in the sound is a better place to cut."""
    min_s: Annotated[float, Field(ge=1, le=3600)] = 90
    """No segment is shorter, except the only one of a short video, and the last ones if the rest is too short."""
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
    """Limits on uploads, and how videos are cut into segments."""

    segments: SegmentLimits = SegmentLimits()
    """Lengths of segments."""
    max_duration_s: Annotated[float, Field(gt=0, le=7 * 24 * 3600)] = 12 * 3600
    """A longer video is refused. The sound of a video takes 115 MB of temporary disk space an hour."""
    max_size: Annotated[int, Field(gt=0)] = 50 * GIGABYTE
    """A file with more bytes is refused."""
    keep_free: Annotated[int, Field(ge=0)] = GIGABYTE
    """Bytes that uploads leave free on the disk, if they are written to a disk of this machine."""
    spool: Path | None = None
    """Folder in which resumable uploads arrive; default: below a blob store that is a folder, else a temporary one.
    Only one process may use it. With several ingest processes, each client has to reach the same one."""
    archive_members: Annotated[int, Field(gt=0)] = 500_000
    """An archive with more files and folders is refused. A video of two hours has about 2,000."""
    archives_at_once: Annotated[int, Field(gt=0)] = 3
    """Archives that may be imported at the same time. Each takes about ten megabytes of memory."""
    upload_expiry_h: Annotated[float, Field(gt=0)] = 24
    """A resumable upload without a request for this many hours is removed. `Upload-Expires` tells clients when."""
    unfinished_uploads: Annotated[int, Field(gt=0)] = 100
    """Unfinished resumable uploads that one API key may have, or one address if there are no keys."""
    unfinished_uploads_in_all: Annotated[int, Field(gt=0)] = 2000
    """Unfinished resumable uploads of all clients together."""
    allowed_schemes: tuple[str, ...] = ("file", "s3", "https", "blob")
    """The former name of `RUSHES_SOURCES__SCHEMES`, which takes precedence."""
    file_roots: tuple[str, ...] = ()
    """The former name of `RUSHES_SOURCES__ROOTS`, which takes precedence."""
    time_limit_s: Annotated[float, Field(gt=0)] = 1800
    """If preparing a video takes longer, the attempt has failed."""
    memory_limit: MemoryLimit = None
    """Bytes of memory for the process that prepares videos; 0: no limit. Default: an eighth of the machine's memory,
    and at least 2 GB."""
    max_pixels: Annotated[int, Field(ge=1_000_000, le=500_000_000)] = MAX_PIXELS
    """Limit on width times height of a video's pictures; larger ones are refused. 8K has 35 million."""
    first_picture_limit_s: Annotated[float, Field(gt=0)] = 60
    """Time limit for opening a video and decoding its first picture when it is prepared."""
    probe_limit_s: Annotated[float, Field(gt=0)] = 5
    """The same limit during an upload. A video that takes longer is accepted, and checked when it is prepared."""
    probe_workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Uploads that are checked at the same time, each in a process of its own."""
    probe_memory_limit: MemoryLimit = None
    """Bytes of memory for each of these processes; 0: no limit. Default: a sixteenth of the machine's memory, and at
    least 2 GB."""

    @property
    def max_duration_ms(self) -> int:
        """`max_duration_s` in milliseconds."""
        return round(self.max_duration_s * 1000)

    def made_with(self) -> dict[str, Any]:
        """Return the settings that are part of a plan's recipe."""
        # Limits that only refuse videos do not change any plan, so they are left out.
        return self.segments.model_dump()


class SourceSettings(Part):
    """Which URIs ingest reads on behalf of those who may upload or publish, and how long it waits for them."""

    schemes: tuple[str, ...] = ("file", "s3", "https", "blob")
    """URI schemes of videos. `http` is only allowed if it is listed."""
    roots: tuple[Path, ...] | None = None
    """Folders below which `file:` URIs may read regular files, symbolic links resolved. Default: every folder where the
    service answers only this machine and has no API keys, else none. `rushes add PATH` sends the file itself."""
    buckets: tuple[str, ...] | None = None
    """Buckets at the blob store's S3 (`RUSHES_BLOBS__ENDPOINT`) that `s3:` URIs may read, with its keys. Default: every
    one where the service answers only this machine and has no API keys, else none."""
    hosts: tuple[str, ...] = ()
    """Hosts of web URIs: `example.org`, or `*.example.org` for all below it. Default: every host."""
    ports: tuple[Port, ...] = (80, 443)
    """Ports of web URIs."""
    private_addresses: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks such as `10.1.0.0/16` that are allowed although they are private, loopback, link-local or otherwise
    reserved. All other addresses of these kinds are refused, whatever host name they belong to."""
    connect_s: Seconds = 10
    """Time limit for each of resolving a host, connecting to it, and TLS."""
    window_s: Seconds = 60
    """How long a source may send nothing. Time that it is slower than `least_rate` counts towards it."""
    least_rate: Annotated[float, Field(gt=0)] = 64_000
    """Bytes a second that a source has to send after `window_s` is used up."""
    time_limit_s: Seconds = 3000
    """Time limit for a whole fetch. Keep it below `RUSHES_KAFKA__MAX_POLL_INTERVAL_S`."""


def migrated(ingest: IngestSettings, sources: SourceSettings) -> SourceSettings:
    """Return the settings of sources, with the values that are set under former names in `RUSHES_INGEST__`."""
    # `model_fields_set` tells values that were set from defaults, which must not override anything.
    former: dict[str, Any] = {}
    if "allowed_schemes" in ingest.model_fields_set and "schemes" not in sources.model_fields_set:
        former["schemes"] = ingest.allowed_schemes
    if ingest.file_roots and "roots" not in sources.model_fields_set:
        former["roots"] = tuple(map(Path, ingest.file_roots))
    return sources.model_copy(update=former)
