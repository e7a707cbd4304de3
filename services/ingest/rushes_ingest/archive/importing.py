"""Importing archives: everything is validated in a staging area before any of it is moved into place.

incoming/archive/<uuid>-artefacts/<video>+<name>   an artefact; the `/` in its name is written as `+`
incoming/archive/<uuid>-videos/<video>             the videos' own bytes

Existing blobs are never replaced. The note on a video is written last, so a video whose move was interrupted does not
exist yet; importing the archive again completes it.
"""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from rushes_ingest.archive.members import SOURCE, SOURCE_NOTE, parse_source, validated_data, video_and_name
from rushes_ingest.archive.tar_reader import TarMember, invalid_archive, read_members
from rushes_ingest.disk_space import Quota
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import STALE_AFTER, move_into_place
from rushes_ingest.upload_service import PlayableCheck
from rushes_runtime.artefacts import write
from rushes_runtime.blobs import INCOMING, Blobs
from rushes_runtime.deletion import BeingDeleted, refuse_while_deleting, sweep
from rushes_runtime.errors import TransientError
from rushes_runtime.generations import find_source, is_deleted, next_generation
from rushes_runtime.stored_json import dumped, parsed
from rushes_schemas.artefacts import Source, StoredMetadata, metadata_key, source_note_key, video_prefix
from rushes_schemas.ids import video_id

STAGING = f"{INCOMING}/archive"
MAX_VIDEOS = 50_000
"""Limit on the videos of one archive."""
DISK_BLOCK = 4096
"""Bytes that the smallest file takes on a disk."""
MAX_PADDING = 1 << 20
"""Bytes after an archive's end that are read and dropped. A client that still sends would not read the response."""
BATCH_SIZE = 32
"""Blobs that are moved or removed at the same time."""


class TooManyArchives(TransientError):
    """The limit on archives at the same time is reached."""

    reason = "too_many_archives"


@dataclass
class _ArchivedVideo:
    """What an archive contains of a video."""

    source: Source | None = None
    size: int | None = None
    """Size of the video's own bytes, if the archive contains them."""


class ArchiveImporter:
    """Imports archives, a limited number at a time."""

    def __init__(self, blobs: Blobs, check: PlayableCheck, settings: IngestSettings) -> None:
        self._blobs = blobs
        self._check = check
        self._settings = settings
        # One large JSON at a time: a parsed one takes many times the memory of its bytes.
        self._parsing = asyncio.Lock()
        self._running = 0

    async def import_archive(self, pieces: AsyncIterator[bytes], at: int) -> list[Source]:
        """Store the videos of an archive that was sent at `at` (ms since the Unix epoch). Return them in its order.

        Raises InvalidError if the archive contains anything but complete videos: `not_an_archive`, `too_large`,
        `no_space`, or the reason why a video can't be played. Nothing is changed then. Raises BeingDeleted, and
        TooManyArchives.
        """
        if self._running >= self._settings.archives_at_once:
            raise TooManyArchives(f"{self._running} archives are being imported; try again later")
        self._running += 1
        staging = _StagingArea(self._blobs, self._settings)
        try:
            videos = await self._stage(staging, pieces, at)
            sources = [await self._validated(staging, video, found) for video, found in videos.items()]
            await staging.move_artefacts()
            # Only here do videos become visible: up to now, nothing but unreferenced artefacts was moved.
            return [await self._put_in_place(staging, source, at) for source in sources]
        finally:
            self._running -= 1
            await staging.remove()

    async def _stage(self, staging: "_StagingArea", pieces: AsyncIterator[bytes], at: int) -> dict[str, _ArchivedVideo]:
        videos: dict[str, _ArchivedVideo] = {}
        async for member in read_members(pieces, self._settings.archive_members):
            video, name = video_and_name(member)
            found = videos.setdefault(video, _ArchivedVideo())
            if len(videos) > MAX_VIDEOS:
                raise invalid_archive(f"the archive has more than {MAX_VIDEOS:,} videos; import it in parts")
            if name == SOURCE:
                found.size = await staging.put_source(video, member)
                continue
            data = await validated_data(member, self._parsing)
            if name == SOURCE_NOTE and isinstance(data, bytes):
                found.source = parse_source(data)
            else:
                if isinstance(data, bytes) and metadata_key(video) == f"{video_prefix(video)}/{name}":
                    data = _said_by(data, metadata_key(video), at)
                await staging.put_artefact(video, name, data)
        if not videos:
            raise invalid_archive("the archive holds no video")
        await _drop_padding(pieces)
        return videos

    async def _validated(self, staging: "_StagingArea", video: str, found: _ArchivedVideo) -> Source:
        """Return the note on a video if it is complete and may be imported. Raises InvalidError, BeingDeleted."""
        note = found.source
        if note is None:
            raise invalid_archive(f"the archive lacks the note on the video {video}: it is cut short")
        if found.size not in (None, note.size_bytes):
            raise invalid_archive(f"the video {video} has {found.size:,} bytes in the archive, not {note.size_bytes:,}")
        await refuse_while_deleting(self._blobs, video)
        known = await find_source(self._blobs, video)
        if known is not None and known.sha256 != note.sha256:
            raise invalid_archive(f"the video {video} is another one here")
        if found.size is not None:
            await self._check(staging.source(video), f"the video {video} in the archive")
        return note

    async def _put_in_place(self, staging: "_StagingArea", note: Source, at: int) -> Source:
        """Make a staged video visible. Raises BeingDeleted, after which nothing of it is left."""
        # The upload identities are those of another installation's events.
        try:
            source = await self._write_note(staging, note.model_copy(update={"stored_at": at, "uploads": []}))
            if await is_deleted(self._blobs, source.video_id, source.generation):
                raise BeingDeleted(f"the video {note.video_id} was deleted while it arrived; send it again in a moment")
        except BeingDeleted:
            # The deletion may have run before the artefacts were moved here, so it did not remove them.
            await sweep(self._blobs, note.video_id)
            raise
        return source

    async def _write_note(self, staging: "_StagingArea", source: Source) -> Source:
        """Move a video's bytes, if the archive has them, and write the note on them."""
        video = source.video_id
        if video in staging.sources:
            return await move_into_place(self._blobs, staging.source(video), source)
        generation = await next_generation(self._blobs, video)
        if (known := await find_source(self._blobs, video)) is not None and known.generation >= generation:
            return known
        await refuse_while_deleting(self._blobs, video)
        source = source.model_copy(update={"generation": generation})
        await write(self._blobs, source_note_key(video), source)
        return source


def _said_by(data: bytes, key: str, at: int) -> bytes:
    """Return stored metadata with a time that is not after `at`: all that is said from now on is later."""
    metadata = parsed(key, StoredMetadata, data)
    return data if metadata.said_at <= at else dumped(metadata.model_copy(update={"said_at": at}))


class _StagingArea:
    """The staging area of one archive. Every write counts towards a quota."""

    def __init__(self, blobs: Blobs, settings: IngestSettings) -> None:
        self._blobs = blobs
        self._settings = settings
        self._small = Quota("the archive", blobs.folder, None, settings.keep_free)
        self._artefacts, self._videos = (f"{STAGING}/{uuid4()}-{kind}" for kind in ("artefacts", "videos"))
        self.sources: set[str] = set()
        """The videos whose own bytes are staged."""

    def source(self, video: str) -> str:
        """Return the key of a video's own bytes."""
        return f"{self._videos}/{video}"

    async def put_source(self, video: str, member: TarMember) -> int:
        """Store a video's own bytes and return their number. Raises InvalidError if they don't match its id."""
        name = f"{member.shown} in the archive"
        quota = Quota(name, self._blobs.folder, self._settings.max_size, self._settings.keep_free)
        digest = hashlib.sha256()

        async def hashed() -> AsyncIterator[bytes]:
            async for piece in quota.limited(member.data):
                digest.update(piece)
                yield piece
            # Raised before the end of the bytes, so that the blob is not stored.
            if video_id(digest.hexdigest()) != video:
                raise invalid_archive(f"the bytes of the video {video} are not those that it is named after")

        await self._blobs.put(self.source(video), hashed())
        self.sources.add(video)
        return member.size

    async def put_artefact(self, video: str, name: str, data: bytes | AsyncIterator[bytes]) -> None:
        """Store any other file."""
        if isinstance(data, bytes):
            self._small.take(max(len(data), DISK_BLOCK))  # an empty file takes a block too
        else:
            data = self._small.limited(data)
        await self._blobs.put(f"{self._artefacts}/{video}+{name.replace('/', '+')}", data)

    async def move_artefacts(self) -> None:
        """Move all artefacts to their keys, except for those that exist already."""
        async for keys in _batches(self._blobs, self._artefacts):
            await asyncio.gather(*map(self._move, keys))

    async def _move(self, key: str) -> None:
        video, name = key.rsplit("/", 1)[-1].split("+", 1)
        target = f"{video_prefix(video)}/{name.replace('+', '/')}"
        if await self._blobs.exists(target):
            await self._blobs.delete(key)
        else:
            await self._blobs.rename(key, target)

    async def remove(self) -> None:
        """Remove everything that is left."""
        for folder in (self._artefacts, self._videos):
            await _remove(self._blobs, folder)


@asynccontextmanager
async def stale_archives_removed(blobs: Blobs) -> AsyncIterator[None]:
    """Lifespan: at the start, remove staging areas of processes that were killed."""
    before = datetime.now(UTC) - STALE_AFTER
    async for folder in blobs.folders(STAGING):
        await blobs.remove_stale(folder, before)
        if blobs.folder is not None:
            with suppress(OSError):  # it contains younger files
                (blobs.folder / folder).rmdir()
    yield


async def _remove(blobs: Blobs, prefix: str) -> None:
    # In a folder, the empty directories are removed as well.
    if blobs.folder is not None:
        await asyncio.to_thread(shutil.rmtree, blobs.folder / prefix, ignore_errors=True)
    async for keys in _batches(blobs, prefix):
        await blobs.delete(*keys)


async def _batches(blobs: Blobs, prefix: str) -> AsyncIterator[list[str]]:
    """Yield the keys below a prefix in batches, never all in memory. The caller removes the keys of each batch."""
    # Removing keys during a listing can make it skip others, so it is repeated until it finds none.
    found = True
    while found:
        found, batch = False, []
        async for key in blobs.list(prefix):
            found = True
            batch.append(key)
            if len(batch) == BATCH_SIZE:
                yield batch
                batch = []
        if batch:
            yield batch


async def _drop_padding(pieces: AsyncIterator[bytes]) -> None:
    dropped = 0
    while dropped < MAX_PADDING and (piece := await anext(pieces, None)) is not None:
        dropped += len(piece)
