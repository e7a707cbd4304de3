"""The routes of ingest; and, as a program, a server of them alone: `python -m tests.doors.ingest_door FOLDER` writes
its port and answers until its standard input ends."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from rushes_ingest.api.archives import archive_routes
from rushes_ingest.api.changes import deletion_routes, edit_routes
from rushes_ingest.api.uploads import upload_routes
from rushes_ingest.resumable.receive import ResumableUploads
from rushes_ingest.resumable.tus import resumable_routes as resumable
from rushes_ingest.settings import IngestSettings, SourceSettings
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.upload_service import UploadService
from rushes_ingest.worker import IngestWorker, check_playable
from rushes_runtime.blobs import Blobs
from rushes_runtime.settings import BlobSettings, HttpSettings
from rushes_runtime.web.app import web_app
from rushes_runtime.web.server import Http


def ingest_routers(blobs: Blobs, publish: Callable[[Any], Awaitable[None]], **settings: Any) -> list[Any]:
    """The routes of ingest, whose look at a video is taken in a thread."""
    ingest = IngestSettings(**{"keep_free": 0} | settings)
    preparer = IngestWorker(blobs, ingest)

    async def playable(key: str, name: str) -> None:
        await asyncio.to_thread(check_playable, preparer, key, name)

    acceptance = UploadService(blobs, playable, publish)
    return [
        upload_routes(acceptance, ingest, UriPolicy(SourceSettings(), BlobSettings(), is_private=True)),
        resumable(ResumableUploads(acceptance, ingest), ingest),
        archive_routes(acceptance, ingest),
        edit_routes(blobs, publish),
        deletion_routes(blobs, publish),
    ]


async def main(folder: Path) -> None:
    """Serve."""

    async def publish(event: Any) -> None:
        """Nobody reads it."""

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # nobody reads the other pipe
    # A busy machine takes longer to send hundreds of megabytes than a slow client is waited for.
    http = HttpSettings(port=0, time_limit_s=300, patience_s=300)
    app = web_app("ingest", ingest_routers(Blobs(folder.as_uri()), publish), {}, CollectorRegistry(), http)
    async with Http(app, http) as server:
        print(server.port, flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
