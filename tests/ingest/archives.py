"""Archives of small whole films, sound and otherwise, and a door that takes archives in, in this process."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
from prometheus_client import CollectorRegistry

from rushes_ingest.api.archives import archive_routes
from rushes_ingest.audio import write_flac
from rushes_ingest.settings import IngestSettings
from rushes_ingest.upload_service import UploadService
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.app import web_app
from rushes_schemas.artefacts import Plan, SceneList, Source, StoredMetadata, VisualVectors
from rushes_schemas.events import Keyframe, Scene, Segment, Transcript, VideoUploaded, Word
from rushes_schemas.ids import video_id
from rushes_schemas.storyboard import Storyboard

FLAC = write_flac(np.zeros(16_000, np.int16))
JPEG = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()


def source_of(content: bytes, stored_at: int = 1000) -> Source:
    """The note on a video of these bytes."""
    sha256 = hashlib.sha256(content).hexdigest()
    return Source(video_id=video_id(sha256), sha256=sha256, size_bytes=len(content), stored_at=stored_at)


def film(content: bytes, with_source: bool = True) -> dict[str, bytes]:
    """All that the blob store holds of a video of these bytes, by key: one segment of a second, seen and heard. The
    note on it comes last, as in an archive."""
    source = source_of(content)
    video = source.video_id
    sound, picture = (f"blob:videos/{video}/0/{name}" for name in ("sound-a1.flac", "keyframes-c1/40.jpg"))
    segment = Segment(index=0, start_ms=0, end_ms=1000, audio_uri=sound)
    word = Word(start_ms=0, end_ms=500, text="hello", probability=0.5)
    scene = Scene(index=0, start_ms=0, end_ms=1000, keyframes=(Keyframe(time_ms=40, uri=picture),))
    facts: dict[str, Any] = {"duration_ms": 1000, "width": 16, "height": 16, "has_audio": True}
    board = Storyboard(columns=1, tile_width=16, tile_height=16, times_ms=(0,), end_ms=1000)
    content_of = {
        "declared.json": StoredMetadata(title="A film", metadata={"take": 2}, said_at=7),
        "ingest-a1.json": Plan(**facts, media_type="video/mp4", segments=(segment,)),
        "0/asr-b1.json": Transcript(status="ok", language="en", words=(word,)),
        "0/scenes-c1.json": SceneList(scenes=(scene,)),
        "0/storyboard-c1.json": board,
        "0/embed-d1.json": VisualVectors(dimensions=1, scenes=("AACAPw==",)),
    }
    files = {name: model.model_dump_json().encode() for name, model in content_of.items()}
    files |= {"0/sound-a1.flac": FLAC, "0/keyframes-c1/40.jpg": JPEG, "0/storyboard-c1.jpg": JPEG}
    files |= {"source": content} if with_source else {}
    files["source.json"] = source.model_dump_json().encode()
    return {f"videos/{video}/{name}": data for name, data in files.items()}


def tar_of(files: Mapping[str, bytes], format: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar archive of these files, as any tar writes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def with_member(files: Mapping[str, bytes], entry: tarfile.TarInfo, data: bytes = b"") -> bytes:
    """The same with one member more, at the beginning, whose header says what the entry does."""
    entry.size = entry.size or len(data)
    return entry.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % tarfile.BLOCKSIZE) + tar_of(files)


def gzipped(data: bytes) -> bytes:
    """Compressed, always to the same bytes."""
    return gzip.compress(data, compresslevel=1, mtime=0)


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """A request's body as it comes."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def playable(key: str, name: str) -> None:
    """Takes any bytes for a video."""


async def unplayable(key: str, name: str) -> None:
    """Takes no bytes for a video."""
    raise InvalidError("not_a_video", f"{name} is not a video")


@dataclass
class ArchiveDoor:
    """The routes for archives over a folder of blobs, the events that they published, and a client."""

    folder: Path
    http: httpx.AsyncClient
    events: list[VideoUploaded] = field(default_factory=list)

    @property
    def blobs(self) -> Blobs:
        return Blobs(self.folder.as_uri())

    async def send(self, data: bytes | AsyncIterator[bytes]) -> httpx.Response:
        """Import an archive."""
        return await self.http.post("/v1/uploads/archive", content=data)

    def contents(self) -> dict[str, bytes]:
        """All files below the folder, by key."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}

    def put(self, files: Mapping[str, bytes]) -> None:
        """Have these be there already."""
        for key, data in files.items():
            path = self.folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


@asynccontextmanager
async def archive_door(folder: Path, **settings: Any) -> AsyncIterator[ArchiveDoor]:
    """The door, in this process; a bug is answered with 500 as it is by the server."""
    events: list[VideoUploaded] = []

    async def publish(event: VideoUploaded) -> None:
        events.append(event)

    acceptance = UploadService(Blobs(folder.as_uri()), playable, publish)
    ingest = IngestSettings(**{"keep_free": 0} | settings)
    app = web_app("test", [archive_routes(acceptance, ingest)], {}, CollectorRegistry(), HttpSettings())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield ArchiveDoor(folder, http, events)
