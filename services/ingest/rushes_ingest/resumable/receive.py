"""Resumable uploads without HTTP around them: creating one, writer its bytes, and completing it.

Refusals are HTTPExceptions, because tus defines its errors by their statuses.
"""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import BinaryIO

from fastapi import HTTPException
from starlette.requests import ClientDisconnect

from rushes_ingest.disk_space import Quota, check_disk_space
from rushes_ingest.resumable.spool import Spool, SpooledUpload
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import store, store_blob
from rushes_ingest.upload_metadata import uploaded_event
from rushes_ingest.upload_service import UploadService
from rushes_runtime.blobs import BlobMissing
from rushes_runtime.errors import InvalidError
from rushes_schemas.artefacts import Source

ALGORITHMS = ("sha1", "sha256", "md5")
"""Hash algorithms of checksums, as tus and hashlib name them."""
SPOOL_FOLDER = "incoming/resumable"
"""Where the bytes arrive if the blob store is a folder: on the same disk, so that a finished file is only renamed."""
SWEEP_INTERVAL_S = 600
"""Time between two removals of expired uploads."""
BUFFER = 1 << 18
"""Bytes that are written and hashed at a time, in a thread."""
DISK_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)
CHECKSUM_MISMATCH = 460
"""The status of tus for bytes that do not match their checksum."""
CHUNK = 1 << 20


@dataclass(frozen=True)
class UploadChecksum:
    """The checksum that a client sent for the bytes of one request."""

    algorithm: str
    digest: bytes

    def new(self) -> "hashlib._Hash":
        """Return a new hash of this algorithm. It finds transmission errors and is no defence against an attacker."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


class ResumableUploads:
    """Uploads that are created, arrive in parts, and are accepted with their last byte."""

    def __init__(self, service: UploadService, settings: IngestSettings) -> None:
        self._service = service
        self._settings = settings
        folder = _folder(service.blobs.folder, settings)
        limits = settings.unfinished_uploads, settings.unfinished_uploads_in_all
        self.spool = Spool(folder, settings.upload_expiry_h * 3600, *limits)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Lifespan: remove expired uploads at the start and at regular intervals."""
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
        """Create an upload of `length` bytes. The disk space is checked, not reserved; the quota checks it again while
        bytes arrive.

        Raises InvalidError: `too_large`, `no_space`, `bad_request`; and HTTPException 429.
        """
        if length > self._settings.max_size:
            raise InvalidError("too_large", f"The upload is larger than the limit of {self._settings.max_size:,} bytes")
        # Refuse wrong metadata now and not after all bytes have arrived. The URI is a placeholder.
        uploaded_event("x:", fields)
        check_disk_space(self.spool.folder, length, self._settings.keep_free)
        return self.spool.create(length, fields, owner)

    async def take(
        self, id: str, offset: int, chunks: AsyncIterator[bytes], expected: UploadChecksum | None
    ) -> SpooledUpload:
        """Append bytes to an upload. With the last byte, the video is accepted before this returns."""
        upload = self.spool.find(id)
        with self.spool.locked(upload):
            if offset != self.spool.offset(upload):
                raise HTTPException(409, f"The upload has the offset {self.spool.offset(upload)}, not {offset}.")
            if upload.accepted:  # a repeated request whose response was lost
                return upload
            # With a source, all bytes are stored already, but the event was not acknowledged. Only that is repeated.
            if upload.source is None:
                quota = Quota("The upload", self.spool.folder, upload.length - offset, self._settings.keep_free)
                size = await receive_bytes(self.spool.data_path(upload), offset, quota, chunks, expected)
                if size < upload.length:
                    return upload
            return await complete_upload(self.spool, upload, self._service, self._settings)

    def remove(self, id: str) -> None:
        """Remove an upload. The video of a completed one stays."""
        upload = self.spool.find(id)
        with self.spool.locked(upload):
            self.spool.remove(upload)


def _folder(blobs: Path | None, settings: IngestSettings) -> Path:
    if settings.spool is not None:
        return settings.spool
    return blobs / SPOOL_FOLDER if blobs is not None else Path(gettempdir()) / "rushes-uploads"


async def complete_upload(
    spool: Spool, upload: SpooledUpload, service: UploadService, settings: IngestSettings
) -> SpooledUpload:
    """Store an upload's bytes under their video's id, have the video accepted, and return the completed upload.

    Can be called again after an error: each step is stored before the next. Raises InvalidError, or BlobMissing if the
    video was deleted meanwhile, after which the upload is removed; and BrokerUnavailable, BlobsUnavailable,
    BeingDeleted.
    """
    try:
        if upload.source is None:
            upload = upload.model_copy(update={"source": await _stored(spool, upload, service, settings)})
            spool.save(upload)
        assert upload.source
        accepted = await service.accept(upload.source, uploaded_event(upload.source.uri, upload.fields))
    except (InvalidError, BlobMissing):
        spool.remove(upload)
        raise
    upload = upload.model_copy(update={"accepted": accepted})
    spool.save(upload)
    spool.data_path(upload).unlink(missing_ok=True)
    return upload


async def _stored(spool: Spool, upload: SpooledUpload, service: UploadService, settings: IngestSettings) -> Source:
    blobs, path = service.blobs, spool.data_path(upload)
    name = upload.fields.get("filename") or "the upload"
    # If the spool is in the blob store's folder, a rename is enough.
    if blobs.folder is not None and path.is_relative_to(blobs.folder):
        return await store_blob(blobs, str(path.relative_to(blobs.folder)))
    quota = Quota(name, blobs.folder, settings.max_size, settings.keep_free)
    return await store(blobs, _chunks(path), quota)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


async def receive_bytes(
    path: Path, offset: int, quota: Quota, chunks: AsyncIterator[bytes], checksum: UploadChecksum | None
) -> int:
    """Write the chunks to the file from `offset` on and return its new size.

    Raises InvalidError `too_large` for more bytes than the upload has, `no_space` if the disk is full, and
    HTTPException 460 if the bytes do not match the checksum. After an error the file has its old size.
    """
    with await asyncio.to_thread(_open_at, path, offset) as file:
        writer = RequestWriter(file, quota, checksum)
        try:
            async for chunk in chunks:
                await writer.take(chunk)
            await writer.flush()
            writer.verify_checksum()
        except ClientDisconnect:
            # What arrived before the client disconnected is kept, unless only a checksum could have verified it.
            if checksum is None:
                await writer.flush()
            else:
                file.truncate(offset)
        except (HTTPException, InvalidError):
            file.truncate(offset)
            raise
        return file.seek(0, os.SEEK_END)


class RequestWriter:
    """Writes the bytes of one request to a file, in larger pieces than they arrive in."""

    def __init__(self, file: BinaryIO, quota: Quota, checksum: UploadChecksum | None) -> None:
        self._file = file
        self._quota = quota
        self._checksum = checksum
        self._hash = checksum.new() if checksum else None
        self._buffer = bytearray()

    async def take(self, chunk: bytes) -> None:
        """Buffer a chunk; write the buffer once it is large. Raises InvalidError: `too_large`, `no_space`."""
        self._quota.take(len(chunk))
        self._buffer += chunk
        if len(self._buffer) >= BUFFER:
            await self.flush()

    async def flush(self) -> None:
        """Write the buffer. Raises InvalidError `no_space`."""
        buffer, self._buffer = self._buffer, bytearray()
        await asyncio.to_thread(self._write, buffer)

    def verify_checksum(self) -> None:
        """Raise HTTPException 460 unless the bytes match the checksum that the client sent."""
        if self._checksum and self._hash and self._hash.digest() != self._checksum.digest:
            sentence = f"The bytes do not have the {self._checksum.algorithm} checksum that was sent with them."
            raise HTTPException(CHECKSUM_MISMATCH, sentence)

    def _write(self, data: bytearray) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            if error.errno not in DISK_FULL_ERRORS:
                raise
            raise InvalidError("no_space", "The server's disk is full; continue the upload later.") from error
        if self._hash:
            self._hash.update(data)


def _open_at(path: Path, offset: int) -> BinaryIO:
    path.touch()
    file = path.open("r+b", buffering=0)
    file.truncate(offset)  # a process that was killed may have left more
    file.seek(offset)
    return file
