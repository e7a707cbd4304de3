"""Settings of the embed service and of the catalog."""

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


class CatalogSettings(Part):
    """How the catalog looks for videos that got stuck."""

    reconcile_every_s: Seconds = 60
    """How often it looks."""
    stuck_after_s: Seconds = 900
    """A video that is processing is looked at once nothing was heard of it for so long. Keep it above
    RUSHES_FAILURES__RETRY_CAP_S, for which a retry may wait in silence."""


class Settings(shared.Settings):
    """All settings of the embed service and of the catalog."""

    embed: EmbedSettings = EmbedSettings()
    catalog: CatalogSettings = CatalogSettings()
