"""What the door does, without HTTP around it. Refusals are HTTPExceptions, since tus defines itself by its statuses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import gettempdir

from fastapi import HTTPException

from rushes_ingest.accept import Acceptance
from rushes_ingest.disk_space import Quota, check_room
from rushes_ingest.resumable.finish import finish
from rushes_ingest.resumable.headers import Checksum
from rushes_ingest.resumable.receive import receive
from rushes_ingest.resumable.spool import Spool, Upload
from rushes_ingest.said import event_of
from rushes_ingest.settings import IngestSettings
from rushes_runtime.errors import InvalidError

FOLDER = "incoming/resumable"
"""Where the bytes arrive below a folder of blobs."""
SWEEP_S = 600
"""Seconds between two looks for uploads that have expired."""


class Resumable:
    """Uploads that are announced, come in parts, and are taken in with their last byte."""

    def __init__(self, acceptance: Acceptance, settings: IngestSettings) -> None:
        self._acceptance = acceptance
        self._settings = settings
        folder = _folder(acceptance.blobs.folder, settings)
        limits = settings.unfinished_uploads, settings.unfinished_uploads_in_all
        self.spool = Spool(folder, settings.upload_expiry_h * 3600, *limits)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Uploads that nobody goes on with are removed meanwhile, whether somebody asks for anything or not."""
        await asyncio.to_thread(self.spool.expire)
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.spool.expire()

    async def create(self, length: int, fields: dict[str, str], owner: str) -> Upload:
        """Begin an upload of so many bytes. They are not reserved: as they come, they are minded. Raises InvalidError:
        `too_large`, `no_space` where they would not fit even now, `bad_request`; and HTTPException 429."""
        if length > self._settings.max_size:
            raise InvalidError("too_large", f"The upload is larger than the limit of {self._settings.max_size:,} bytes")
        event_of("x:", fields)  # better refused now than after all bytes came
        check_room(self.spool.folder, length, self._settings.keep_free)
        return self.spool.create(length, fields, owner)

    async def take(self, id: str, offset: int, chunks: AsyncIterator[bytes], expected: Checksum | None) -> Upload:
        """Add bytes to an upload; with the last one, the video is taken in before this returns."""
        upload = self.spool.find(id)
        with self.spool.alone(upload):
            if offset != self.spool.offset(upload):
                raise HTTPException(409, f"The upload stands at {self.spool.offset(upload)}, not at {offset}.")
            if upload.accepted:
                return upload
            if upload.source is None:
                quota = Quota("The upload", self.spool.folder, upload.length - offset, self._settings.keep_free)
                came = await receive(self.spool.bytes_of(upload), offset, quota, chunks, expected)
                if came < upload.length:
                    return upload
            return await finish(self.spool, upload, self._acceptance, self._settings)

    def remove(self, id: str) -> None:
        """Give an upload up. The video of a complete one stays."""
        upload = self.spool.find(id)
        with self.spool.alone(upload):
            self.spool.remove(upload)


def _folder(blobs: Path | None, settings: IngestSettings) -> Path:
    if settings.spool is not None:
        return settings.spool
    return blobs / FOLDER if blobs is not None else Path(gettempdir()) / "rushes-uploads"
