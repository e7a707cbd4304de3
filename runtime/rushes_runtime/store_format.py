"""The format of a whole blob store, which no service starts on that knows only older ones.

`format.json` says it, and which rushes wrote it. A store without one is of before there were formats, and of format 1.
"""

from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json

from rushes_runtime.artefacts import if_readable, keys_below, read, write
from rushes_runtime.blobs import BlobMissing, Blobs
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.stored_json import FIELD, FORMAT, NewerFormat, parsed

KEY = "format.json"


class _Anything(BaseModel):
    """Whatever a JSON says beside its format."""


class StoreFormat(BaseModel):
    """What the store was written with; the format itself stands in every JSON."""

    written_by: str


async def require_known_format(blobs: Blobs) -> None:
    """Say in the store that its format is this program's. Raises ConfigurationError where it is a newer one.

    There is one format so far. What a later one has to change in the store is done here, before the store says so.
    """
    ours = StoreFormat(written_by=version("rushes-runtime"))

    async def again() -> StoreFormat:
        return ours

    try:
        said = await read(blobs, KEY, StoreFormat, again)
    except NewerFormat as error:
        raise ConfigurationError(await _sentence(blobs, ours)) from error
    if said is None:
        await write(blobs, KEY, ours)


async def _sentence(blobs: Blobs, ours: StoreFormat) -> str:
    try:
        found: dict[str, Any] = from_json(await blobs.get(KEY))
    except (BlobMissing, ValueError):
        found = {}
    return (
        f"the data in {blobs.url} have the format {found.get(FIELD)}, written by rushes {found.get('written_by')}; "
        f"this is rushes {ours.written_by}, which knows formats up to {FORMAT}: run the newer rushes, or give this one "
        "other data (`rushes up --data`, RUSHES_BLOBS__URL)"
    )


async def newer_blobs(blobs: Blobs) -> AsyncIterator[str]:
    """The keys of the JSONs that a newer program has written. Reads each JSON of the store."""
    for prefix in ("videos", "collections", "pending", "deleting", "deleted"):
        async for key in keys_below(blobs, prefix):
            if not key.endswith(".json"):
                continue
            try:
                parsed(key, _Anything, await if_readable(blobs, key, blobs.get(key)) or b"")
            except NewerFormat:
                yield key
            except (BlobMissing, ValueError):
                continue  # gone meanwhile, or set aside by who needs it
