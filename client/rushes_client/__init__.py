"""A client of rushes. `Client` blocks, `AsyncClient` does not; they have the same methods and raise the same errors.

with Client("http://127.0.0.1:8080") as rushes:
    accepted = rushes.upload(Path("film.mp4"), Said(title="A film"))
    for video in rushes.events(accepted.video_id, since=accepted.accepted_at):
        print(video.status, video.segments_done)
    for moment in rushes.search("a cat on a sofa").moments:
        print(moment.title, moment.start_ms, moment.text)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rushes_client._async.client import AsyncClient
    from rushes_client._sync.client import Client
    from rushes_client.errors import ClientError, NotFound, NotRushes, Refused, Unavailable, Unreachable
    from rushes_client.options import Said, Wish

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "NotFound",
    "NotRushes",
    "Refused",
    "Said",
    "Unavailable",
    "Unreachable",
    "Wish",
]

_ELSEWHERE = {"AsyncClient": "_async.client", "Client": "_sync.client", "Said": "options", "Wish": "options"}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used, so that a program that only catches the errors loads no HTTP client."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'errors')}"), name)
