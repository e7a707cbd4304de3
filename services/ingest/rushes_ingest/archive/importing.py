"""An archive's videos into the blob store: all of it is judged in a staging area before any of it is moved.

incoming/archive/<uuid>-artefacts/<video>+<name>   what the archive holds, the `/` in its name written as `+`
incoming/archive/<uuid>-videos/<video>             the videos' own bytes

What is there already is never replaced. A video's note is written last, so one whose move was interrupted is not there
yet; importing the archive again completes it.
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
from rushes_schemas.artefacts import Source, source_key, video_prefix
from rushes_schemas.ids import video_id

STAGING = f"{INCOMING}/archive"
MAX_VIDEOS = 50_000
"""Of one archive."""
DISK_BLOCK = 4096
"""Bytes of the disk that the smallest file takes."""
MAX_PADDING = 1 << 20
"""Bytes behind an archive's end that are read and dropped, so that who sends them gets the answer."""
BATCH_SIZE = 32
"""Blobs that are moved, or removed, at the same time."""


class TooManyArchives(TransientError):
    """Others have to be taken in first."""

    reason = "too_many_archives"


@dataclass
class _ArchivedVideo:
    """What an archive holds of a video."""

    note: Source | None = None
    size: int | None = None
    """Bytes of the video itself, where it is there."""


class ArchiveImporter:
    """Takes in archives, a few at a time."""

    def __init__(self, blobs: Blobs, check: PlayableCheck, settings: IngestSettings) -> None:
        self._blobs = blobs
        self._check = check
        self._settings = settings
        self._parsing = asyncio.Lock()
        self._under_way = 0

    async def import_archive(self, pieces: AsyncIterator[bytes], at: int) -> list[Source]:
        """Store the videos of an archive, sent at `at` (ms since the Unix epoch); the videos, in its order.

        Raises InvalidError where the archive holds anything else than whole videos, and then nothing is changed:
        `not_an_archive`, `too_large`, `no_space`, or why a video can't be played. Raises BeingDeleted, and
        TooManyArchives.
        """
        if self._under_way >= self._settings.archives_at_once:
            raise TooManyArchives(f"{self._under_way} archives are coming in at the moment; try again in a while")
        self._under_way += 1
        staging = _StagingArea(self._blobs, self._settings)
        try:
            videos = await self._staged(staging, pieces)
            sources = [await self._judged(staging, video, found) for video, found in videos.items()]
            await staging.move_artefacts()
            return [await self._put_in_place(staging, source, at) for source in sources]
        finally:
            self._under_way -= 1
            await staging.remove()

    async def _staged(self, staging: "_StagingArea", pieces: AsyncIterator[bytes]) -> dict[str, _ArchivedVideo]:
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
                found.note = parse_source(data)
            else:
                await staging.put_artefact(video, name, data)
        if not videos:
            raise invalid_archive("the archive holds no video")
        await _drop_padding(pieces)
        return videos

    async def _judged(self, staging: "_StagingArea", video: str, found: _ArchivedVideo) -> Source:
        """What the archive says of a video, if all of it is there and it may be taken in. Raises InvalidError and
        BeingDeleted."""
        note = found.note
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
        """Have a video be there from now on. Raises BeingDeleted, and then nothing of it stays."""
        try:
            source = await self._noted(staging, note.model_copy(update={"stored_at": at, "uploads": []}))
            if await is_deleted(self._blobs, source.video_id, source.generation):
                raise BeingDeleted(f"the video {note.video_id} was deleted while it arrived; send it again in a moment")
        except BeingDeleted:
            await sweep(self._blobs, note.video_id)
            raise
        return source

    async def _noted(self, staging: "_StagingArea", source: Source) -> Source:
        """A video's bytes, if they came, and its note, in their place."""
        video = source.video_id
        if video in staging.sources:
            return await move_into_place(self._blobs, staging.source(video), source)
        generation = await next_generation(self._blobs, video)
        if (known := await find_source(self._blobs, video)) is not None and known.generation >= generation:
            return known
        await refuse_while_deleting(self._blobs, video)
        source = source.model_copy(update={"generation": generation})
        await write(self._blobs, source_key(video) + ".json", source)
        return source


class _StagingArea:
    """Where one archive lies until it is judged. Every write minds what is to stay free of the disk."""

    def __init__(self, blobs: Blobs, settings: IngestSettings) -> None:
        self._blobs = blobs
        self._settings = settings
        self._small = Quota("the archive", blobs.folder, None, settings.keep_free)
        self._artefacts, self._videos = (f"{STAGING}/{uuid4()}-{kind}" for kind in ("artefacts", "videos"))
        self.sources: set[str] = set()
        """The videos whose bytes are here."""

    def source(self, video: str) -> str:
        """Where a video's bytes lie."""
        return f"{self._videos}/{video}"

    async def put_source(self, video: str, member: TarMember) -> int:
        """Store a video's bytes; how many they are. Raises InvalidError unless they are the video's."""
        name = f"{member.shown} in the archive"
        quota = Quota(name, self._blobs.folder, self._settings.max_size, self._settings.keep_free)
        digest = hashlib.sha256()

        async def hashed() -> AsyncIterator[bytes]:
            async for piece in quota.limited(member.data):
                digest.update(piece)
                yield piece
            if video_id(digest.hexdigest()) != video:  # before the blob is finished, so that there is none
                raise invalid_archive(f"the bytes of the video {video} are not those that it is named after")

        await self._blobs.put(self.source(video), hashed())
        self.sources.add(video)
        return member.size

    async def put_artefact(self, video: str, name: str, data: bytes | AsyncIterator[bytes]) -> None:
        """Store anything else."""
        if isinstance(data, bytes):
            self._small.take(max(len(data), DISK_BLOCK))
        else:
            data = self._small.limited(data)
        await self._blobs.put(f"{self._artefacts}/{video}+{name.replace('/', '+')}", data)

    async def move_artefacts(self) -> None:
        """Give all artefacts their names, except where there is one already."""
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
        """Forget all that is left."""
        for folder in (self._artefacts, self._videos):
            await _remove(self._blobs, folder)


@asynccontextmanager
async def stale_archives_removed(blobs: Blobs) -> AsyncIterator[None]:
    """Begin by removing what archives left in their staging areas whose process was killed."""
    before = datetime.now(UTC) - STALE_AFTER
    async for folder in blobs.folders(STAGING):
        await blobs.remove_stale(folder, before)
        if blobs.folder is not None:
            with suppress(OSError):  # there are younger files in it
                (blobs.folder / folder).rmdir()
    yield


async def _remove(blobs: Blobs, prefix: str) -> None:
    if blobs.folder is not None:
        await asyncio.to_thread(shutil.rmtree, blobs.folder / prefix, ignore_errors=True)
    async for keys in _batches(blobs, prefix):
        await blobs.delete(*keys)


async def _batches(blobs: Blobs, prefix: str) -> AsyncIterator[list[str]]:
    """The keys below a prefix, never all of them in memory. Who takes them away meanwhile gets those too that a listing
    passed over because of that."""
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
