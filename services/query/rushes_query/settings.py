"""Settings of the query service."""

from typing import Annotated

from pydantic import Field

from rushes_runtime import settings as shared
from rushes_runtime.memory import MemoryLimit
from rushes_runtime.settings import Part

Weight = Annotated[float, Field(ge=0, le=100)]
Floor = Annotated[float, Field(ge=-1, le=1)]


class QuerySettings(Part):
    """Settings of the search.

    The floors are calibrated for the default models, with docs/benchmarks.md's table and, for images, that of
    models/README.md: below them more hits are wrong than right. Other models need other floors, since scores of two
    models can't be compared.
    """

    candidates: Annotated[int, Field(ge=10, le=1000)] = 60
    """Maximum number of scenes that each leg of a search returns. Reading one takes about ten microseconds."""
    per_video: Annotated[int, Field(ge=1, le=100)] = 5
    """Maximum number of moments of one video in an answer, unless the request sets it."""
    together: Annotated[float, Field(ge=0, le=1)] = 0.5
    """A scene joins the moment beside it if its score is at least this part of the score of the moment's best scene."""
    pictures: bool = True
    """Load the half of the image-text model that encodes images, so that users can search by image."""
    cached_queries: Annotated[int, Field(ge=0, le=1_000_000)] = 2048
    """How many requests' vectors are cached in memory: about 4 KB each."""
    picture_limit_s: Annotated[float, Field(gt=0)] = 10
    """Seconds that decoding the image of a search may take, in a process of its own."""
    picture_memory_limit: MemoryLimit = 1_000_000_000
    """Bytes of memory that this process may take; 0: no limit."""
    fusion_k: Annotated[int, Field(ge=1, le=10_000)] = 60
    """The k of reciprocal rank fusion: the larger, the less a first rank in one leg counts."""
    visual_weight: Weight = 1.0
    """Weight of the visual leg: keyframes. 0 leaves it out."""
    speech_weight: Weight = 1.0
    """Weight of the speech leg: the meaning of what is said. 0 leaves it out."""
    lexical_weight: Weight = 1.0
    """Weight of the lexical leg: the words that are said. 0 leaves it out."""
    visual_floor: Floor = 0.30
    """Minimum score of keyframes against words."""
    picture_floor: Floor = 0.60
    """Minimum score of keyframes against an image or another scene's keyframe."""
    speech_floor: Floor = 0.36
    """Minimum score of a scene's text against words."""
    alike_floor: Floor = 0.36
    """Minimum score of a scene's text against another scene's."""
    lexical_floor: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """Minimum BM25 score of a scene's words."""


class Settings(shared.Settings):
    """All settings of the query service."""

    query: QuerySettings = QuerySettings()
