"""Accepted URIs in the catalog, from the moment they are accepted.

A video's id is a function of its bytes, so a URI has none before its bytes are fetched. Until then a *provisional*
record stands for it in the catalog's collection, under an id that is a function of the URI: one record a URI, however
often it is accepted, for its latest acceptance. A fetch that fails makes that record `failed`, with the reason. Once
the bytes are known the catalog writes the video's own record, and then removes the provisional one.
"""

import structlog

from rushes_runtime.index.port import Filter, Index, IndexUnavailable, Match, Point, Range
from rushes_schemas.events import VideoUploaded
from rushes_schemas.ids import is_elsewhere, provisional_id, public_uri
from rushes_schemas.index import VIDEOS_COLLECTION, VideoRecord, as_payload

log = structlog.stdlib.get_logger("rushes.provisional")


def provisional_record(event: VideoUploaded) -> VideoRecord:
    """The record of a URI that was accepted and not fetched yet."""
    at, uri = event.accepted_at or 0, public_uri(event.uri)
    return VideoRecord(
        video_id=provisional_id(event.uri),
        status="processing",
        uri=uri,
        uris=(uri,),
        provisional=True,
        title=event.title,
        filename=event.filename,
        language=event.language,
        created_at=at,
        updated_at=at,
    )


async def show_accepted(index: Index, event: VideoUploaded) -> None:
    """Have the catalog list an accepted URI, unless it lists this acceptance, or a later one, already.

    Where the index does not answer, nobody can look either: the URI is listed when ingest takes it up, at the latest
    when its fetch has failed.
    """
    if not is_elsewhere(event.uri):
        return
    record = provisional_record(event)
    try:
        known = await index.get(VIDEOS_COLLECTION, [record.video_id], fields=["created_at"])
        if not known or known[0].payload["created_at"] < record.created_at:
            await index.upsert(VIDEOS_COLLECTION, [Point(record.video_id, as_payload(record))])
    except IndexUnavailable as error:
        log.warning("an accepted URI is not listed yet, since the index does not answer", error=repr(error))


async def remove_provisional(index: Index, event: VideoUploaded) -> None:
    """Remove the record that stands for an accepted URI, unless the URI was accepted again since. Raises
    IndexUnavailable."""
    if is_elsewhere(event.uri):
        its = Match("video_id", [provisional_id(event.uri)])
        await index.delete(VIDEOS_COLLECTION, Filter([its, Range("created_at", lt=(event.accepted_at or 0) + 1)]))
