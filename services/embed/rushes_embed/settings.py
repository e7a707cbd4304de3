"""Settings of the embed service and of the catalog."""

from typing import Annotated

from pydantic import Field

from rushes_runtime import settings as shared
from rushes_runtime.settings import Part, Seconds


class EmbedSettings(Part):
    """How scenes become vectors."""

    time_limit_s: Seconds = 600
    """A segment that takes longer is a failed attempt."""
    memory_limit: Annotated[int | None, Field(ge=256_000_000)] = None
    """Address space in bytes that the compute child may take, shared libraries included; None: no limit."""


class Settings(shared.Settings):
    """All settings of the embed service and of the catalog."""

    embed: EmbedSettings = EmbedSettings()
