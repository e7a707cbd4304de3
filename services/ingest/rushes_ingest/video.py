"""The facts of a video, put together from its bytes, its probe and what its publisher said. Pure."""

from rushes_ingest.declared import Declared
from rushes_ingest.store import Source
from rushes_schemas.artefacts import Plan
from rushes_schemas.events import Video


def video_of(source: Source, plan: Plan, declared: Declared) -> Video:
    """The video, as every event about it tells."""
    return Video(
        **source.model_dump(exclude={"uploads"}),
        **declared.model_dump(),
        **plan.model_dump(exclude={"segments"}),
        segment_count=len(plan.segments),
        source_uri=source.uri,
    )
