"""What services are given to work with: the places, and nothing of the work."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rushes_runtime.blobs import Blobs
from rushes_runtime.index.open import open_index
from rushes_runtime.index.port import Index
from rushes_runtime.index.storage import Storage
from rushes_runtime.metrics import Metrics
from rushes_runtime.settings import BlobSettings, QdrantSettings, Settings


@dataclass(frozen=True)
class Platform:
    """The parts that a process opens once and its services share. Tests make one of what they like."""

    settings: Settings
    blobs: Blobs
    index: Index
    metrics: Metrics

    def __post_init__(self) -> None:
        self.blobs.on_unreadable = self.metrics.unreadable.inc


def open_platform(settings: Settings) -> Platform:
    """The platform that the settings describe; nothing connects before it is used."""
    return Platform(settings, open_blobs(settings.blobs), open_qdrant(settings.qdrant), Metrics())


def open_qdrant(settings: QdrantSettings) -> Index:
    """The index that the settings describe."""
    key = settings.api_key
    return open_index(
        settings.url,
        api_key=key.get_secret_value() if key else None,
        timeout_s=settings.timeout_s,
        ca_file=settings.ca_file,
        storage=Storage(settings.quantization, settings.on_disk, settings.shards, settings.replication),
    )


def open_blobs(settings: BlobSettings) -> Blobs:
    """The blob store that the settings describe."""
    if not settings.url.startswith("s3://"):
        return Blobs(settings.url)
    secret = settings.secret_access_key
    options: dict[str, Any] = {
        "endpoint": settings.endpoint,
        "region": settings.region,
        "access_key_id": settings.access_key_id,
        "secret_access_key": secret.get_secret_value() if secret else None,
        "virtual_hosted_style_request": False if settings.endpoint else None,
        "client_options": {
            "allow_http": (settings.endpoint or "").startswith("http:"),
            "timeout": timedelta(seconds=settings.timeout_s),
            "connect_timeout": timedelta(seconds=min(5, settings.timeout_s)),
        },
        "retry_config": {"max_retries": 10, "retry_timeout": timedelta(seconds=settings.retry_s)},
    }
    given = {name: value for name, value in options.items() if value is not None}
    return Blobs(settings.url, link_s=settings.link_s, public_endpoint=settings.public_endpoint, **given)
