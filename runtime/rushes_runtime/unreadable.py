"""What can't be read is set aside, so that it stops neither a start nor a request for something else.

A blob `<key>` that is damaged is kept as `unreadable/<key>`, named in one line of the log and by `rushes doctor`, and
counted in `rushes_unreadable_blobs_total`. Only the deletion of its video removes it, or a person. Then it is made
again, or whoever wanted it goes on as if it were not there:

artefacts, storyboards     are made again by their stage: the catalog publishes the video once more
videos/<id>/source.json    is made again from the bytes beside it
videos/<id>/declared.json  is made again from the catalog's record when `rushes up` starts; else publishers say it again
pending/<hash>.json        the accepted upload is forgotten; bytes that are stored already are found without it
deleting/<id>.json         is made again from the mark
deleted/<hash>.json        is made again: the life before the one that is stored has ended
collections/<name>.json    is written again at the next start of embed

Where one of many is read, as at a start, what can't even be set aside is skipped and stays as it is, with one line of
the log, and is counted too: a name that is no key, a link that leads out of the store, what a newer program wrote. See
`artefacts.if_readable` and `Blobs.list`.
"""

from collections.abc import AsyncIterator

import structlog

from rushes_runtime.blobs import Blobs

PREFIX = "unreadable"

log = structlog.stdlib.get_logger("rushes.blobs")


async def keep_unreadable(blobs: Blobs, key: str, data: bytes, fault: str) -> None:
    """Keep a copy of a blob that can't be read, tell of it and count it."""
    kept_as = f"{PREFIX}/{key}"
    await blobs.put(kept_as, data)
    blobs.on_unreadable()
    log.error("a stored file can't be read; it is made again where it can be", key=key, kept_as=kept_as, fault=fault)


async def unreadable(blobs: Blobs, prefix: str = "") -> AsyncIterator[str]:
    """The keys under which blobs lay that were set aside, of all or of those below a prefix."""
    async for kept_as in blobs.list(f"{PREFIX}/{prefix}".rstrip("/")):
        yield kept_as.removeprefix(f"{PREFIX}/")


async def forget_unreadable(blobs: Blobs, prefix: str) -> None:
    """Remove what was set aside below a prefix."""
    await blobs.delete(*[f"{PREFIX}/{key}" async for key in unreadable(blobs, prefix)])
