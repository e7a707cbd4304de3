"""What services are given to work with: the places, and nothing of the work."""

from dataclasses import dataclass

from rushes_runtime.blobs import Blobs
from rushes_runtime.index.open import open_index
from rushes_runtime.index.port import Index
from rushes_runtime.metrics import Metrics
from rushes_runtime.settings import BlobSettings, Settings


@dataclass(frozen=True)
class Platform:
    """The parts that a process opens once and its services share. Tests make one of what they like."""

    settings: Settings
    blobs: Blobs
    index: Index
    metrics: Metrics


def open_platform(settings: Settings) -> Platform:
    """The platform that the settings describe; nothing connects before it is used."""
    key = settings.qdrant.api_key
    index = open_index(
        settings.qdrant.url,
        api_key=key.get_secret_value() if key else None,
        timeout_s=settings.qdrant.timeout_s,
    )
    return Platform(settings, open_blobs(settings.blobs), index, Metrics())


def open_blobs(settings: BlobSettings) -> Blobs:
    """The blob store that the settings describe."""
    if not settings.url.startswith("s3://"):
        return Blobs(settings.url)
    secret = settings.secret_access_key
    options = {
        "endpoint": settings.endpoint,
        "region": settings.region,
        "access_key_id": settings.access_key_id,
        "secret_access_key": secret.get_secret_value() if secret else None,
        "virtual_hosted_style_request": False if settings.endpoint else None,
        "client_options": {"allow_http": True} if (settings.endpoint or "").startswith("http:") else None,
    }
    return Blobs(settings.url, **{name: value for name, value in options.items() if value is not None})
