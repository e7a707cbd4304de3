"""A search request, bounded, as HTTP and gRPC accept it; its phrases, its filter, and its page.

A page's cursor contains a digest of the request, the time of the first page, and the scene after which the next page
begins. Later pages exclude what was indexed since the first one, so new scenes don't move anything. Deleted scenes
don't either, since the position is found by the scene's id and not by counting.
"""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from rushes_models.lexical import LexicalEncoder
from rushes_models.terms import phrase_terms
from rushes_query.search.moments import FoundMoment
from rushes_query.search.query_image import QueryImage
from rushes_runtime.errors import InvalidError
from rushes_runtime.index.port import Condition, Filter, Match, Phrase, Range, Sparse
from rushes_schemas.events import Language
from rushes_schemas.upload_metadata import check_text

MAX_IMAGE_BYTES = 20 * 1024 * 1024

QueryText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), BeforeValidator(check_text)]
Milliseconds = Annotated[int, Field(ge=0, le=2**53)]
"""Up to 2^53: the index compares doubles, which can't tell larger integers apart."""
Limit = Annotated[int, Field(ge=1, le=100)]
Ids = Annotated[list[Annotated[str, Field(max_length=100), BeforeValidator(check_text)]], Field(max_length=100)]
Weight = Annotated[float, Field(ge=0, le=100)]
Pairs = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[^=]+=", max_length=1000), BeforeValidator(check_text)]],
    Field(max_length=20),
]
Timestamp = Annotated[datetime, AfterValidator(lambda when: when if when.tzinfo else when.replace(tzinfo=UTC))]
"""A date or a time; UTC where it has no time zone."""

DEFAULT_LIMIT = 20


class Filters(BaseModel):
    """Filters on scenes; all of them must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    video_id: Ids = []
    """Only in these videos."""
    language: Language | None = None
    """Only in scenes of this language, such as en."""
    from_ms: Milliseconds | None = None
    """Only in scenes that end after this time of their video."""
    to_ms: Milliseconds | None = None
    """Only in scenes that begin before this time of their video."""
    added_from: Timestamp | None = None
    """Only in videos that were added at this time or later: a date, or a time such as 2026-11-01T12:00Z."""
    added_to: Timestamp | None = None
    """Only in videos that were added before this time."""
    min_duration_ms: Milliseconds | None = None
    """Only in videos of this duration or longer."""
    max_duration_ms: Milliseconds | None = None
    """Only in videos of this duration or shorter."""
    metadata: Pairs = []
    """Only in videos with these metadata: `camera=B`. All must match."""
    speech: bool | None = None
    """Only scenes with speech, or (false) without."""
    fallback: bool | None = None
    """Only scenes whose text is the video's title, since nothing is said, or (false) only the others."""


class SearchOptions(Filters):
    """Options that every search has."""

    limit: Limit = DEFAULT_LIMIT
    """Maximum number of moments; of videos, where moments are grouped."""
    cursor: Annotated[str | None, Field(max_length=500)] = None
    """`next_cursor` of the previous page."""
    per_video: Annotated[int | None, Field(ge=1, le=100)] = None
    """Maximum number of moments of one video; default: `RUSHES_QUERY__PER_VIDEO`."""
    group_by_video: bool = False
    """Return all moments of a video together in `groups`, and in `moments` the best of each video."""
    visual_weight: Weight | None = None
    """Weight of the visual leg (keyframes); default: the settings'. 0 leaves the leg out."""
    speech_weight: Weight | None = None
    """Weight of the speech leg (the meaning of what is said)."""
    lexical_weight: Weight | None = None
    """Weight of the lexical leg (the words that are said)."""


class WordsRequest(SearchOptions):
    """A search by words."""

    q: QueryText
    """What is seen or said, in any language. Words in quotation marks must be said in that order."""


class SearchRequest(SearchOptions):
    """A search by words, an image, or both."""

    q: QueryText = ""
    image: Annotated[bytes | None, Field(max_length=MAX_IMAGE_BYTES)] = None
    """An image file. It replaces the words in the visual leg; the other legs search for the words."""


class SimilarRequest(SearchOptions):
    """A search for what is similar to a scene."""

    other_videos: bool = False
    """Leave out the scenes of the same video."""


LEXICAL_ENCODER = LexicalEncoder()

QUOTED = re.compile(r'"([^"]+)"|“([^“”]+)”|„([^„“”]+)[“”]|«([^«»]+)»|「([^「」]+)」|『([^『』]+)』')


def phrases(q: str) -> list[str]:
    """Return the phrases in quotation marks, in the form of `ScenePayload.phrase_terms`: terms separated by spaces.
    Unpaired quotation marks, and pairs with no word between them, are ignored."""
    # Each alternative of the pattern has its own group, and exactly one of them matched.
    found = (next(filter(None, match.groups())) for match in QUOTED.finditer(q))
    terms = (" ".join(term.text for term in phrase_terms(each)) for each in found)
    return [each for each in terms if each]


def unquoted(q: str) -> str:
    """Return the words outside of quotation marks."""
    return " ".join(QUOTED.sub(" ", q).split())


@dataclass(frozen=True)
class QueryParts:
    """What the legs encode of a request."""

    text: str
    language: str | None = None
    image: QueryImage | None = None

    @cached_property
    def words(self) -> str:
        """The words outside of quotation marks."""
        return unquoted(self.text)

    @cached_property
    def phrases(self) -> list[str]:
        """The phrases in quotation marks."""
        return phrases(self.text)

    @cached_property
    def terms(self) -> Sparse:
        """The terms of the whole text, phrases included."""
        terms = LEXICAL_ENCODER.encode_query(self.text, self.language)
        return Sparse(terms.indices, terms.values)


def filter_of(
    filters: Filters, phrases: Sequence[str] = (), as_of: int | None = None, excluded_video: str | None = None
) -> Filter:
    """Return the filter that the index applies before it ranks. `phrases` must be said; `as_of` (milliseconds since the
    Unix epoch) leaves out what was indexed then or later."""
    said = [Phrase("phrase_terms", each) for each in phrases]
    known = [Range("indexed_at", lt=as_of)] if as_of is not None else []
    excluded = [Match("video_id", [excluded_video])] if excluded_video else []
    return Filter([*_conditions(filters), *said, *known], excluded)


def _conditions(filters: Filters) -> Iterator[Condition]:
    if filters.video_id:
        yield Match("video_id", filters.video_id)
    if filters.language:
        yield Match("language", [filters.language])
    # Scenes are [start_ms, end_ms): the bounds are exclusive, and ranges of integers are given as gte and lt.
    if filters.from_ms is not None:
        yield Range("end_ms", gte=filters.from_ms + 1)
    if filters.to_ms is not None:
        yield Range("start_ms", lt=filters.to_ms)
    if filters.added_from or filters.added_to:
        yield Range("added_at", gte=_ms(filters.added_from), lt=_ms(filters.added_to))
    if filters.min_duration_ms is not None:
        yield Range("duration_ms", gte=filters.min_duration_ms)
    if filters.max_duration_ms is not None:
        yield Range("duration_ms", lt=filters.max_duration_ms + 1)
    yield from (Match("metadata_pairs", [each]) for each in filters.metadata)
    if filters.speech is not None:
        yield Match("fallback", [not filters.speech])
    if filters.fallback is not None:
        yield Match("fallback", [filters.fallback])


def _ms(when: datetime | None) -> int | None:
    return round(when.timestamp() * 1000) if when else None


PAGING = {"cursor", "limit"}
"""Fields in which the requests for two pages of one search may differ."""


class Cursor(BaseModel):
    """A position in the moments of a search. `as_of`: the time of the first page, milliseconds since the Unix epoch."""

    question: str
    as_of: Milliseconds
    shown: Annotated[int, Field(ge=0, le=1_000_000)]
    last: str
    """The first scene of the last moment of the previous page."""


@dataclass(frozen=True)
class Paging:
    """The page that a request is for. `as_of` is None on the first page."""

    question: str
    as_of: int | None
    now: int
    shown: int = 0
    last: str | None = None

    def rest(self, found: Sequence[FoundMoment]) -> Sequence[FoundMoment]:
        """Return the moments after the previous pages."""
        # The last moment may be gone since: then as many are skipped as were returned.
        places = (place for place, moment in enumerate(found, start=1) if self.last in moment.ids)
        return found[next(places, self.shown) :] if self.last else found

    def next_cursor(self, page: Sequence[FoundMoment], rest: Sequence[FoundMoment]) -> str | None:
        """Return the cursor after this page, which is the beginning of `rest`; None: it is the last one."""
        if len(page) == len(rest):
            return None
        as_of = self.now if self.as_of is None else self.as_of
        last = page[-1].scenes[0].id
        return _encoded(Cursor(question=self.question, as_of=as_of, shown=self.shown + len(page), last=last))


def paging(options: SearchOptions, now: int, subject: bytes) -> Paging:
    """Return the page that is requested. `subject`: what is searched for besides the fields of `options`. Raises
    InvalidError for an invalid cursor, or one of another search."""
    # A cursor is valid for the same question only: its position means nothing in another ranking.
    question = _digest(options.model_dump_json(exclude=PAGING | {"image"}).encode(), subject)
    if options.cursor is None:
        return Paging(question, None, now)
    cursor = _decoded(options.cursor)
    if cursor is None or cursor.question != question:
        raise InvalidError(
            "bad_cursor", "The cursor is no `next_cursor` of this very question; ask without it for the first page."
        )
    return Paging(question, cursor.as_of, now, cursor.shown, cursor.last)


def _digest(*parts: bytes) -> str:
    # 16 digits suffice: this recognises mistakes, it is no signature.
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _encoded(cursor: Cursor) -> str:
    return urlsafe_b64encode(cursor.model_dump_json().encode()).decode().rstrip("=")


def _decoded(text: str) -> Cursor | None:
    try:
        # The padding was removed, since `=` would be escaped in a query string.
        return Cursor.model_validate_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValidationError, ValueError):
        return None
