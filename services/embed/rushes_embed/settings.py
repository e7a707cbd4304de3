"""Settings of the embed service."""

from rushes_runtime import settings as shared
from rushes_runtime.memory import MemoryLimit
from rushes_runtime.settings import Part, Seconds


class EmbedSettings(Part):
    """How scenes become vectors."""

    time_limit_s: Seconds = 600
    """A segment that takes longer is a failed attempt."""
    memory_limit: MemoryLimit = None
    """Bytes of memory that the compute child may take; 0: no limit. Default: half of the machine's memory, and at
    least 2 GB."""


class Settings(shared.Settings):
    """All settings of the embed service."""

    embed: EmbedSettings = EmbedSettings()
