"""Videos as a tar archive: what the blob store holds of each, under the same names. `tar` packs and unpacks it too.

Nothing of the index is in it: the index is a view, and is made again from the artefacts.
"""

import tarfile
from collections.abc import AsyncIterator, Sequence

from rushes_ingest.archive.tar_reader import BLOCK
from rushes_ingest.store import source_key
from rushes_runtime.artefacts import video_prefix
from rushes_runtime.blobs import Blobs


async def archive_of(blobs: Blobs, video_ids: Sequence[str], with_source: bool) -> AsyncIterator[bytes]:
    """The archive of these videos, piece by piece. Raises BlobMissing in the middle where one is deleted meanwhile."""
    for video_id in video_ids:
        for key in await _video_keys(blobs, video_id, with_source):
            async for piece in _member(blobs, key):
                yield piece
    yield bytes(2 * BLOCK)


async def _video_keys(blobs: Blobs, video_id: str, with_source: bool) -> list[str]:
    """The note on the bytes comes last, as it is written last: where it is, the video is whole."""
    source = source_key(video_id)
    keys = [key async for key in blobs.list(video_prefix(video_id)) if with_source or key != source]
    return sorted(keys, key=lambda key: (key == f"{source}.json", key))


async def _member(blobs: Blobs, key: str) -> AsyncIterator[bytes]:
    entry = tarfile.TarInfo(key)
    entry.size = size = await blobs.size(key)
    entry.mode = 0o644
    yield entry.tobuf(tarfile.GNU_FORMAT)
    async for piece in blobs.stream(key, 0, size) if size else _nothing():
        yield piece
    yield bytes(-size % BLOCK)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
