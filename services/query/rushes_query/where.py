"""The filter of a question, as the index applies it before it ranks. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rushes_query.ask import Where
from rushes_runtime.index.port import Condition, Filter, Match, Phrase, Range


def filter_of(
    where: Where, phrases: Sequence[str] = (), as_of: int | None = None, but_not: str | None = None
) -> Filter:
    """Where to look. `phrases` must be said; nothing that was indexed at `as_of` (milliseconds since the Unix epoch) or
    later is looked at; `but_not` is a video."""
    said = [Phrase("phrase_terms", each) for each in phrases]
    known = [Range("indexed_at", lt=as_of)] if as_of is not None else []
    return Filter([*_conditions(where), *said, *known], [Match("video_id", [but_not])] if but_not else [])


def _conditions(where: Where) -> Iterator[Condition]:
    if where.video_id:
        yield Match("video_id", where.video_id)
    if where.language:
        yield Match("language", [where.language])
    if where.from_ms is not None:
        yield Range("end_ms", gte=where.from_ms + 1)
    if where.to_ms is not None:
        yield Range("start_ms", lt=where.to_ms)
    if where.added_from or where.added_to:
        yield Range("added_at", gte=_ms(where.added_from), lt=_ms(where.added_to))
    if where.min_duration_ms is not None:
        yield Range("duration_ms", gte=where.min_duration_ms)
    if where.max_duration_ms is not None:
        yield Range("duration_ms", lt=where.max_duration_ms + 1)
    yield from (Match("metadata_pairs", [each]) for each in where.metadata)
    if where.speech is not None:
        yield Match("fallback", [not where.speech])
    if where.fallback is not None:
        yield Match("fallback", [where.fallback])


def _ms(when: datetime | None) -> int | None:
    return round(when.timestamp() * 1000) if when else None
