"""The question, bounded, as both doors take it."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from rushes_schemas.events import Language
from rushes_schemas.upload_metadata import check_text

MAX_IMAGE_BYTES = 20 * 1024 * 1024

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), BeforeValidator(check_text)]
Milliseconds = Annotated[int, Field(ge=0, le=2**53)]
"""A time or a length that a double, as the index compares it, tells from the one beside it."""
Limit = Annotated[int, Field(ge=1, le=100)]
Ids = Annotated[list[Annotated[str, Field(max_length=100), BeforeValidator(check_text)]], Field(max_length=100)]
Weight = Annotated[float, Field(ge=0, le=100)]
Pairs = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[^=]+=", max_length=1000), BeforeValidator(check_text)]],
    Field(max_length=20),
]
When = Annotated[datetime, AfterValidator(lambda when: when if when.tzinfo else when.replace(tzinfo=UTC))]
"""A date or a time; UTC unless it says otherwise."""

DEFAULT_LIMIT = 20


class Where(BaseModel):
    """Where is looked: what all of it says must hold. Nothing said: everywhere."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    video_id: Ids = []
    """Only in these videos."""
    language: Language | None = None
    """Only in scenes of this language, such as en."""
    from_ms: Milliseconds | None = None
    """Only in scenes that go on after this time of their video."""
    to_ms: Milliseconds | None = None
    """Only in scenes that begin before this time of their video."""
    added_from: When | None = None
    """Only in videos that were added then or later: a date, or a time such as 2026-11-01T12:00Z."""
    added_to: When | None = None
    """Only in videos that were added before."""
    min_duration_ms: Milliseconds | None = None
    """Only in videos that are as long or longer."""
    max_duration_ms: Milliseconds | None = None
    """Only in videos that are as long or shorter."""
    metadata: Pairs = []
    """Only in videos whose metadata say so: `camera=B`. Of several, all must hold."""
    speech: bool | None = None
    """Only where something is said, or (false) where nothing is."""
    fallback: bool | None = None
    """Only where the title stands in for words, or (false) where it does not."""


class Wish(Where):
    """What is wanted of an answer, whatever is asked."""

    limit: Limit = DEFAULT_LIMIT
    """The most moments; of videos, where they are grouped."""
    cursor: Annotated[str | None, Field(max_length=500)] = None
    """`next_cursor` of the page before."""
    per_video: Annotated[int | None, Field(ge=1, le=100)] = None
    """The most moments of one video; default: as set up."""
    group_by_video: bool = False
    """Have all moments of a video together: `groups`, and in `moments` the best of each video."""
    visual_weight: Weight | None = None
    """How much the pictures count; default: as set up. 0: not at all."""
    speech_weight: Weight | None = None
    """How much the meaning of what is said counts."""
    lexical_weight: Weight | None = None
    """How much the very words that are said count."""


class WordsAsk(Wish):
    """A question in words."""

    q: Words
    """What is seen or said, in any language. What stands in quotation marks must be said in that order."""


class Ask(Wish):
    """What is searched for: words, a picture, or both."""

    q: Words = ""
    image: Annotated[bytes | None, Field(max_length=MAX_IMAGE_BYTES)] = None
    """A picture's file. It takes the words' place in the visual leg; the other legs are asked for the words."""


class LikeAsk(Wish):
    """What a scene is compared with."""

    other_videos: bool = False
    """Leave out the scenes of the same video."""
