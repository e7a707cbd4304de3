"""Settings of the embed service and of the catalog."""

from typing import Annotated

from pydantic import Field

from rushes_runtime import settings as shared
from rushes_runtime.settings import Part, Seconds


class EmbedSettings(Part):
    """How scenes become vectors."""

    time_limit_s: Seconds = 600
    """A segment that takes longer is a failed attempt."""
    memory_limit_mb: Annotated[int | None, Field(ge=512)] = None
    """Address space that the compute child may take; no limit where it is not set."""


class Settings(shared.Settings):
    """All settings of the embed service and of the catalog."""

    embed: EmbedSettings = EmbedSettings()
