"""Which index a URL means."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.port import Index
from rushes_runtime.index.storage import DEFAULT, Storage


def open_index(
    url: str,
    *,
    api_key: str | None = None,
    timeout_s: float = 30,
    ca_file: Path | None = None,
    storage: Storage = DEFAULT,
) -> Index:
    """`http(s)://host:port` is a Qdrant server, `edge:///folder` (or `file:///folder`) Qdrant Edge in this process.

    Nothing is opened and nothing connects before the index is used. Raises ConfigurationError for any other URL.
    """
    # Each adapter is imported where it is chosen: whoever needs the one does not load the other's engine.
    parts = urlsplit(url)
    if parts.scheme in ("edge", "file") and not parts.netloc and parts.path.strip("/"):
        from rushes_runtime.index.edge import EdgeIndex  # noqa: PLC0415

        return EdgeIndex(Path(unquote(parts.path)))
    if parts.scheme in ("http", "https") and parts.hostname and _is_port_possible(url):
        from rushes_runtime.index.server import ServerIndex  # noqa: PLC0415

        return ServerIndex(url, api_key, timeout_s=timeout_s, ca_file=ca_file, storage=storage)
    raise ConfigurationError(
        f"RUSHES_QDRANT__URL is wrong: {url!r} is neither http(s)://host:port nor edge:///an/absolute/folder"
    )


def _is_port_possible(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
