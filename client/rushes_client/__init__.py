"""A client of rushes. `Client` blocks, `AsyncClient` does not; they say the same, and raise the same.

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
    from rushes_client.aio import AsyncClient
    from rushes_client.calls import Said, Wish
    from rushes_client.errors import ClientError, NotFound, NotRushes, Refused, Unavailable, Unreachable
    from rushes_client.sync import Client

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

_ELSEWHERE = {"AsyncClient": "aio", "Client": "sync", "Said": "calls", "Wish": "calls"}


def __getattr__(name: str) -> Any:
    """Loaded when first asked for: whoever only catches the errors needs no HTTP."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'errors')}"), name)
