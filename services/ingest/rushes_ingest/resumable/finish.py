"""The end of an upload whose bytes all came."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from rushes_ingest.accept import Acceptance
from rushes_ingest.disk_space import Quota
from rushes_ingest.resumable.spool import Spool, Upload
from rushes_ingest.said import event_of
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import Source, adopt, store
from rushes_runtime.blobs import BlobMissing
from rushes_runtime.errors import InvalidError

CHUNK = 1 << 20


async def finish(spool: Spool, upload: Upload, acceptance: Acceptance, settings: IngestSettings) -> Upload:
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
        accepted = await acceptance.accept(upload.source, event_of(upload.source.uri, upload.fields))
    except (InvalidError, BlobMissing):
        spool.remove(upload)
        raise
    upload = upload.model_copy(update={"accepted": accepted})
    spool.save(upload)
    spool.bytes_of(upload).unlink(missing_ok=True)
    return upload


async def _stored(spool: Spool, upload: Upload, acceptance: Acceptance, settings: IngestSettings) -> Source:
    """Where the spool lies among the blobs, the file only gets another name."""
    blobs, path = acceptance.blobs, spool.bytes_of(upload)
    name = upload.fields.get("filename") or "the upload"
    if blobs.folder is not None and path.is_relative_to(blobs.folder):
        return await adopt(blobs, str(path.relative_to(blobs.folder)))
    quota = Quota(name, blobs.folder, settings.max_size, settings.keep_free)
    return await store(blobs, _chunks(path), quota)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:  # reads go to a thread below
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
