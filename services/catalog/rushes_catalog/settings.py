"""Settings of the catalog."""

from rushes_runtime import settings as shared
from rushes_runtime.settings import Part, Seconds


class CatalogSettings(Part):
    """How the catalog looks for videos that got stuck."""

    reconcile_every_s: Seconds = 60
    """How often it looks."""
    stuck_after_s: Seconds = 900
    """A video that is processing is looked at once nothing was heard of it for so long. Keep it above
    RUSHES_FAILURES__RETRY_CAP_S, for which a retry may wait in silence."""


class Settings(shared.Settings):
    """All settings of the catalog."""

    catalog: CatalogSettings = CatalogSettings()
