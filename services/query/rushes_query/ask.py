"""The question, bounded, as both doors take it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rushes_schemas.events import Language

MAX_IMAGE_BYTES = 20 * 1024 * 1024

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Limit = Annotated[int, Field(ge=1, le=100)]
Ids = Annotated[list[str], Field(max_length=100)]

DEFAULT_LIMIT = 20


class Ask(BaseModel):
    """What is searched for: words, a picture, or both; and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: Words = ""
    image: Annotated[bytes | None, Field(max_length=MAX_IMAGE_BYTES)] = None
    """A picture's file. It takes the words' place in the visual leg; the other legs are asked for the words."""
    limit: Limit = DEFAULT_LIMIT
    """The most moments."""
    video_ids: Ids = []
    """Only in these videos; none: in all."""
    language: Language | None = None
    """Only in scenes of this language."""
