"""What both clients have in common of how they connect."""

from collections.abc import Iterable, Iterator

import httpx

from rushes_client.answers import VideoDetail

TIMEOUT = httpx.Timeout(60, connect=5)
RETRIES = 2
DATA = "data: "


def key_header(key: str | None) -> dict[str, str]:
    """The header that an API key is sent in."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def is_loopback(url: str) -> bool:
    """Whether the instance is on this machine, whose loopback a proxy that the environment names can't see."""
    try:
        return httpx.URL(url).host in {"localhost", "127.0.0.1", "::1"}
    except httpx.InvalidURL:
        return False


def data_of(lines: Iterable[str]) -> Iterator[VideoDetail]:
    """The videos that lines of an event stream tell of; of any other line, nothing."""
    return (VideoDetail.model_validate_json(line.removeprefix(DATA)) for line in lines if line.startswith(DATA))
