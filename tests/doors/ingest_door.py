"""The routes of ingest; and, as a program, a server of them alone: `python -m tests.doors.ingest_door FOLDER` writes
its port and answers until its standard input ends."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from rushes_ingest.api.archives import archives
from rushes_ingest.api.changes import deletions, edits
from rushes_ingest.api.uploads import uploads
from rushes_ingest.resumable.receive import Resumable
from rushes_ingest.resumable.tus_routes import routes as resumable
from rushes_ingest.settings import IngestSettings, SourceSettings
from rushes_ingest.sources.uri_policy import Sources
from rushes_ingest.upload_service import Acceptance
from rushes_ingest.worker import Preparer, check
from rushes_runtime.blobs import Blobs
from rushes_runtime.settings import BlobSettings, HttpSettings
from rushes_runtime.web.app import web_app
from rushes_runtime.web.server import Http


def ingest_routers(blobs: Blobs, publish: Callable[[Any], Awaitable[None]], **settings: Any) -> list[Any]:
    """The routes of ingest, whose look at a video is taken in a thread."""
    ingest = IngestSettings(**{"keep_free": 0} | settings)
    preparer = Preparer(blobs, ingest)

    async def playable(key: str, name: str) -> None:
        await asyncio.to_thread(check, preparer, key, name)

    acceptance = Acceptance(blobs, playable, publish)
    return [
        uploads(acceptance, ingest, Sources(SourceSettings(), BlobSettings(), is_private=True)),
        resumable(Resumable(acceptance, ingest), ingest),
        archives(acceptance, ingest),
        edits(blobs, publish),
        deletions(blobs, publish),
    ]


async def main(folder: Path) -> None:
    """Serve."""

    async def publish(event: Any) -> None:
        """Nobody reads it."""

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # nobody reads the other pipe
    http = HttpSettings(port=0)
    app = web_app("ingest", ingest_routers(Blobs(folder.as_uri()), publish), {}, CollectorRegistry(), http)
    async with Http(app, http) as server:
        print(server.port, flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
