"""The bytes of one request into an upload's file."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from fastapi import HTTPException
from starlette.requests import ClientDisconnect

from rushes_ingest.disk_space import Quota
from rushes_ingest.resumable.headers import Checksum
from rushes_runtime.errors import InvalidError

BUFFER = 1 << 18
"""Bytes that are written, and hashed, at a time; off the event loop."""
FULL = (errno.ENOSPC, errno.EDQUOT)
MISMATCH = 460
"""tus: the bytes are not those that the checksum was made of."""


async def receive(
    path: Path, offset: int, quota: Quota, chunks: AsyncIterator[bytes], checksum: Checksum | None
) -> int:
    """Write the chunks to the file from `offset` on; how many bytes it has then. What came before a client went away
    stays, unless a checksum was to vouch for it.

    Raises InvalidError `too_large` for more bytes than the upload has, `no_space` where the disk takes no more, and
    HTTPException 460 for bytes of another checksum; none leaves anything behind.
    """
    with await asyncio.to_thread(_opened, path, offset) as file:
        writing = Writing(file, quota, checksum)
        try:
            async for chunk in chunks:
                await writing.take(chunk)
            await writing.flush()
            writing.vouch()
        except ClientDisconnect:
            if checksum is None:
                await writing.flush()
            else:
                file.truncate(offset)
        except (HTTPException, InvalidError):
            file.truncate(offset)
            raise
        return file.seek(0, os.SEEK_END)


class Writing:
    """One request's bytes, gathered until they are worth a write."""

    def __init__(self, file: BinaryIO, quota: Quota, checksum: Checksum | None) -> None:
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

    def vouch(self) -> None:
        """Raise HTTPException 460 unless the bytes are those that the client made the checksum of."""
        if self._checksum and self._hash and self._hash.digest() != self._checksum.digest:
            sentence = f"The bytes do not have the {self._checksum.algorithm} checksum that was sent with them."
            raise HTTPException(MISMATCH, sentence)

    def _write(self, data: bytearray) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise InvalidError("no_space", "The server's disk is full; go on with the upload later.") from error
        if self._hash:
            self._hash.update(data)


def _opened(path: Path, offset: int) -> BinaryIO:
    path.touch()
    file = path.open("r+b", buffering=0)
    file.truncate(offset)
    file.seek(offset)
    return file
