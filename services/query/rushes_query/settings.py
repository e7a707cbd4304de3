"""Settings of the query service."""

from typing import Annotated

from pydantic import Field

from rushes_runtime import settings as shared
from rushes_runtime.memory import MemoryLimit
from rushes_runtime.settings import Part

Weight = Annotated[float, Field(ge=0, le=100)]
Floor = Annotated[float, Field(ge=-1, le=1)]


class QuerySettings(Part):
    """How moments are found.

    The floors are calibrated for the default models, with docs/benchmarks.md's table and, for pictures, that of
    models/README.md: below them lies more of what is wrong than of what is right. Another model needs others: the
    scores of two models can't be compared.
    """

    candidates: Annotated[int, Field(ge=10, le=1000)] = 60
    """How many scenes each leg of a search may bring. Each costs some ten microseconds to read, found or not shown."""
    per_video: Annotated[int, Field(ge=1, le=100)] = 5
    """How many moments of one video an answer may have, unless it is asked for more or less."""
    together: Annotated[float, Field(ge=0, le=1)] = 0.5
    """A scene joins the moment beside it where it scores at least this part of what the moment's best scene does."""
    pictures: bool = True
    """Load the half of the image-text model that looks at pictures, so that one can search by image."""
    cached_queries: Annotated[int, Field(ge=0, le=1_000_000)] = 2048
    """The vectors of how many questions are kept in memory: about 4 KB each."""
    picture_limit_s: Annotated[float, Field(gt=0)] = 10
    """How long decoding a picture that is searched by may take, in a process of its own."""
    picture_memory_limit: MemoryLimit = 1_000_000_000
    """Bytes of memory that this process may take; 0: no limit."""
    fusion_k: Annotated[int, Field(ge=1, le=10_000)] = 60
    """The k of reciprocal rank fusion: the larger, the less a first place in one leg counts."""
    visual_weight: Weight = 1.0
    """How much the pictures count. 0: this leg is not asked."""
    speech_weight: Weight = 1.0
    """How much the meaning of what is said counts. 0: this leg is not asked."""
    lexical_weight: Weight = 1.0
    """How much the very words that are said count. 0: this leg is not asked."""
    visual_floor: Floor = 0.30
    """Scenes whose pictures score less against the words are left out."""
    picture_floor: Floor = 0.60
    """Scenes whose pictures score less against a picture are left out."""
    speech_floor: Floor = 0.36
    """Scenes whose text scores less against the words are left out."""
    alike_floor: Floor = 0.36
    """Scenes whose text scores less against another scene's text are left out."""
    lexical_floor: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """Scenes whose words have a smaller BM25 score are left out."""


class Settings(shared.Settings):
    """All settings of the query service."""

    query: QuerySettings = QuerySettings()
