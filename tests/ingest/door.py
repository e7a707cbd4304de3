"""A running door for uploads, over a folder of blobs."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaTimeoutError
from prometheus_client import CollectorRegistry

from rushes_ingest.api.uploads import upload_routes
from rushes_ingest.resumable.receive import ResumableUploads
from rushes_ingest.resumable.tus import PATH, resumable_routes
from rushes_ingest.settings import IngestSettings, SourceSettings
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.upload_service import UploadService
from rushes_ingest.worker import IngestWorker, check_playable
from rushes_runtime.blobs import Blobs
from rushes_runtime.settings import BlobSettings, HttpSettings
from rushes_runtime.web.app import web_app
from rushes_runtime.web.server import Http
from rushes_schemas.events import VideoUploaded
from rushes_schemas.ids import video_id

FILM = Path(__file__).parents[2] / "examples" / "uneven-clock.mp4"
BYTES = FILM.read_bytes()
ID = video_id(hashlib.sha256(BYTES).hexdigest())


@dataclass
class Door:
    """A running door over a folder of blobs, and the events that it published."""

    blobs: Blobs
    events: list[VideoUploaded] = field(default_factory=list)
    failures: int = 0
    """How many of the next events the broker does not take."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    @property
    def spool(self) -> Path:
        assert self.blobs.folder
        return self.blobs.folder / "incoming" / "resumable"

    async def publish(self, event: VideoUploaded) -> None:
        if self.failures:
            self.failures -= 1
            raise KafkaTimeoutError("no broker")
        self.events.append(event)

    @asynccontextmanager
    async def opened(self, keys: Any = (), **settings: Any) -> AsyncIterator["Door"]:
        ingest = IngestSettings(**{"keep_free": 0} | settings)
        preparer = IngestWorker(self.blobs, ingest)

        async def playable(key: str, name: str) -> None:
            await asyncio.to_thread(check_playable, preparer, key, name)

        acceptance = UploadService(self.blobs, playable, self.publish)
        sources = UriPolicy(SourceSettings(), BlobSettings(), is_private=True)
        http = HttpSettings(port=0, keys=keys)
        routers = [
            upload_routes(acceptance, ingest, sources),
            resumable_routes(ResumableUploads(acceptance, ingest), ingest),
        ]
        async with Http(web_app("test", routers, {}, CollectorRegistry(), http), http) as server:
            self.port = server.port
            yield self
