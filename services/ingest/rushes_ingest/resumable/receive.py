"""Resumable uploads without HTTP around them: creating one, writing its bytes, and completing it.

Refusals are HTTPExceptions, because tus defines its errors by their statuses.
"""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import BinaryIO

from fastapi import HTTPException
from starlette.requests import ClientDisconnect

from rushes_ingest.disk_space import Quota, check_disk_space
from rushes_ingest.resumable.spool import Spool, SpooledUpload
from rushes_ingest.resumable.tus import UploadChecksum
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import Source, store, store_blob
from rushes_ingest.upload_metadata import uploaded_event
from rushes_ingest.upload_service import UploadService
from rushes_runtime.blobs import BlobMissing
from rushes_runtime.errors import InvalidError

BUFFER = 1 << 18
"""Bytes that are written, and hashed, at a time; off the event loop."""
DISK_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)
CHECKSUM_MISMATCH = 460
"""tus: the bytes are not those that the checksum was made of."""


async def receive_bytes(
    path: Path, offset: int, quota: Quota, chunks: AsyncIterator[bytes], checksum: UploadChecksum | None
) -> int:
    """Write the chunks to the file from `offset` on; how many bytes it has then. What came before a client went away
    stays, unless a checksum was to vouch for it.

    Raises InvalidError `too_large` for more bytes than the upload has, `no_space` where the disk takes no more, and
    HTTPException 460 for bytes of another checksum; none leaves anything behind.
    """
    with await asyncio.to_thread(_open_at, path, offset) as file:
        writing = RequestWriter(file, quota, checksum)
        try:
            async for chunk in chunks:
                await writing.take(chunk)
            await writing.flush()
            writing.verify_checksum()
        except ClientDisconnect:
            if checksum is None:
                await writing.flush()
            else:
                file.truncate(offset)
        except (HTTPException, InvalidError):
            file.truncate(offset)
            raise
        return file.seek(0, os.SEEK_END)


class RequestWriter:
    """One request's bytes, gathered until they are worth a write."""

    def __init__(self, file: BinaryIO, quota: Quota, checksum: UploadChecksum | None) -> None:
        self._file = file
        self._quota = quota
        self._checksum = checksum
        self._hash = checksum.new() if checksum else None
        self._gathered = bytearray()

    async def take(self, chunk: bytes) -> None:
        """Write a chunk, now or with the next ones. Raises InvalidError: `too_large`, `no_space`."""
        self._quota.take(len(chunk))
        self._gathered += chunk
        if len(self._gathered) >= BUFFER:
            await self.flush()

    async def flush(self) -> None:
        """Write what is gathered. Raises InvalidError `no_space`."""
        gathered, self._gathered = self._gathered, bytearray()
        await asyncio.to_thread(self._write, gathered)

    def verify_checksum(self) -> None:
        """Raise HTTPException 460 unless the bytes are those that the client made the checksum of."""
        if self._checksum and self._hash and self._hash.digest() != self._checksum.digest:
            sentence = f"The bytes do not have the {self._checksum.algorithm} checksum that was sent with them."
            raise HTTPException(CHECKSUM_MISMATCH, sentence)

    def _write(self, data: bytearray) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            if error.errno not in DISK_FULL_ERRORS:
                raise
            raise InvalidError("no_space", "The server's disk is full; go on with the upload later.") from error
        if self._hash:
            self._hash.update(data)


def _open_at(path: Path, offset: int) -> BinaryIO:
    path.touch()
    file = path.open("r+b", buffering=0)
    file.truncate(offset)
    file.seek(offset)
    return file


CHUNK = 1 << 20


async def complete_upload(
    spool: Spool, upload: SpooledUpload, acceptance: UploadService, settings: IngestSettings
) -> SpooledUpload:
    """Store an upload's bytes under their video's id, and have the video accepted; the upload, complete.

    May be called again after it failed: what is stored is not stored twice. Raises InvalidError, or BlobMissing where
    the video was deleted meanwhile, and then the upload is gone; and BrokerUnavailable, BlobsUnavailable,
    BeingDeleted.
    """
    try:
        if upload.source is None:
            upload = upload.model_copy(update={"source": await _stored(spool, upload, acceptance, settings)})
            spool.save(upload)
        assert upload.source
        accepted = await acceptance.accept(upload.source, uploaded_event(upload.source.uri, upload.fields))
    except (InvalidError, BlobMissing):
        spool.remove(upload)
        raise
    upload = upload.model_copy(update={"accepted": accepted})
    spool.save(upload)
    spool.data_path(upload).unlink(missing_ok=True)
    return upload


async def _stored(spool: Spool, upload: SpooledUpload, acceptance: UploadService, settings: IngestSettings) -> Source:
    """Where the spool lies among the blobs, the file only gets another name."""
    blobs, path = acceptance.blobs, spool.data_path(upload)
    name = upload.fields.get("filename") or "the upload"
    if blobs.folder is not None and path.is_relative_to(blobs.folder):
        return await store_blob(blobs, str(path.relative_to(blobs.folder)))
    quota = Quota(name, blobs.folder, settings.max_size, settings.keep_free)
    return await store(blobs, _chunks(path), quota)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:  # reads go to a thread below
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


SPOOL_FOLDER = "incoming/resumable"
"""Where the bytes arrive below a folder of blobs."""
SWEEP_INTERVAL_S = 600
"""Seconds between two looks for uploads that have expired."""


class ResumableUploads:
    """Uploads that are announced, come in parts, and are taken in with their last byte."""

    def __init__(self, acceptance: UploadService, settings: IngestSettings) -> None:
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
            await asyncio.sleep(SWEEP_INTERVAL_S)
            self.spool.expire()

    async def create(self, length: int, fields: dict[str, str], owner: str) -> SpooledUpload:
        """Begin an upload of so many bytes. They are not reserved: as they come, they are minded. Raises InvalidError:
        `too_large`, `no_space` where they would not fit even now, `bad_request`; and HTTPException 429."""
        if length > self._settings.max_size:
            raise InvalidError("too_large", f"The upload is larger than the limit of {self._settings.max_size:,} bytes")
        uploaded_event("x:", fields)  # better refused now than after all bytes came
        check_disk_space(self.spool.folder, length, self._settings.keep_free)
        return self.spool.create(length, fields, owner)

    async def take(
        self, id: str, offset: int, chunks: AsyncIterator[bytes], expected: UploadChecksum | None
    ) -> SpooledUpload:
        """Add bytes to an upload; with the last one, the video is taken in before this returns."""
        upload = self.spool.find(id)
        with self.spool.locked(upload):
            if offset != self.spool.offset(upload):
                raise HTTPException(409, f"The upload stands at {self.spool.offset(upload)}, not at {offset}.")
            if upload.accepted:
                return upload
            if upload.source is None:
                quota = Quota("The upload", self.spool.folder, upload.length - offset, self._settings.keep_free)
                came = await receive_bytes(self.spool.data_path(upload), offset, quota, chunks, expected)
                if came < upload.length:
                    return upload
            return await complete_upload(self.spool, upload, self._acceptance, self._settings)

    def remove(self, id: str) -> None:
        """Give an upload up. The video of a complete one stays."""
        upload = self.spool.find(id)
        with self.spool.locked(upload):
            self.spool.remove(upload)


def _folder(blobs: Path | None, settings: IngestSettings) -> Path:
    if settings.spool is not None:
        return settings.spool
    return blobs / SPOOL_FOLDER if blobs is not None else Path(gettempdir()) / "rushes-uploads"
