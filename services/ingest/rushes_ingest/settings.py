"""Settings of the ingest service."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from rushes_runtime.memory import MemoryLimit
from rushes_runtime.settings import Part, Port, Seconds

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
    """The former name of `RUSHES_SOURCES__SCHEMES`, which wins where both are set."""
    file_roots: tuple[str, ...] = ()
    """The former name of `RUSHES_SOURCES__ROOTS`, which wins where both are set."""
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


class SourceSettings(Part):
    """Where the URIs of videos may lead, since ingest reads them for everybody who may upload or publish, and how long
    they may take."""

    schemes: tuple[str, ...] = ("file", "s3", "https", "blob")
    """URI schemes that videos are fetched from. `http` has to be named."""
    roots: tuple[Path, ...] | None = None
    """Folders below which `file:` URIs may read regular files, symbolic links resolved. Default: every folder where the
    service answers only this machine and has no API keys, else none. `rushes add PATH` sends the file itself."""
    buckets: tuple[str, ...] | None = None
    """Buckets at the blob store's S3 (`RUSHES_BLOBS__ENDPOINT`) that `s3:` URIs may read, with its keys. Default: every
    one where the service answers only this machine and has no API keys, else none."""
    hosts: tuple[str, ...] = ()
    """Hosts that are fetched from: `example.org`, or `*.example.org` for all below it; none named: every host."""
    ports: tuple[Port, ...] = (80, 443)
    """Ports that are fetched from."""
    private_addresses: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks such as `10.1.0.0/16` that are fetched from although they are private, loopback, link-local or reserved
    otherwise; all others of these are refused, whatever name leads there."""
    connect_s: Seconds = 10
    """How long looking up a host's addresses, connecting to one, and TLS may take each."""
    window_s: Seconds = 60
    """How long a source may give nothing. Whatever `least_rate` is short by is taken off it."""
    least_rate: Annotated[float, Field(gt=0)] = 64_000
    """Bytes a second that a source has to give once `window_s` is used up."""
    time_limit_s: Seconds = 3000
    """How long a fetch may take as a whole; keep it below `RUSHES_KAFKA__MAX_POLL_INTERVAL_S`."""


def migrated(ingest: IngestSettings, sources: SourceSettings) -> SourceSettings:
    """The settings of sources, those taken over that were set under their former names in `RUSHES_INGEST__`."""
    former: dict[str, Any] = {}
    if "allowed_schemes" in ingest.model_fields_set and "schemes" not in sources.model_fields_set:
        former["schemes"] = ingest.allowed_schemes
    if ingest.file_roots and "roots" not in sources.model_fields_set:
        former["roots"] = tuple(map(Path, ingest.file_roots))
    return sources.model_copy(update=former)
